import { fstatSync, readdirSync, readlinkSync } from 'node:fs';
import { isatty } from 'node:tty';
import { flagsOf } from '../../shared/descriptor-flags.js';
import { statOf } from '../../shared/process-stat.js';

/** Open descriptors from 3 on, and what each leads to. The same text means the same thing. */
export type Descriptors = ReadonlyMap<number, string>;

/** What Node itself polls with. */
const OF_NODE = /^anon_inode:\[(eventpoll|eventfd|io_uring)\]$/;

/** What is open in this process. */
export function openDescriptors(): Descriptors {
  return descriptorsIn(process.platform === 'linux' ? '/proc/self/fd' : '/dev/fd');
}

/**
 * Those of `atStart` that this process was started with, as opposed to Node's own, and that still lead to the same.
 * `atStart` was taken before anything else was opened. Node marks both kinds to be closed in other programs.
 */
export function inheritedDescriptors(atStart: Descriptors): number[] {
  const now = openDescriptors();
  const ofNode = pipesOfNode(atStart);
  return [...atStart].flatMap(([fd, lead]) =>
    OF_NODE.test(lead) || ofNode.has(lead) || now.get(fd) !== lead ? [] : [fd],
  );
}

/** Whether something can be written to a descriptor. */
export function isWritable(fd: number): boolean {
  return process.platform !== 'linux' || (flagsOf(fd) & 3) !== 0;
}

/** Pipes of which this process has both ends and no ancestor has any: a jobserver's, say, is also open in `make`. */
function pipesOfNode(atStart: Descriptors): Set<string> {
  const seen = new Set<string>();
  const both = new Set<string>();
  for (const lead of atStart.values()) {
    if (!lead.startsWith('pipe:')) continue;
    if (seen.has(lead)) both.add(lead);
    seen.add(lead);
  }
  for (const pid of ancestors()) {
    for (const lead of descriptorsIn(`/proc/${pid}/fd`).values()) both.delete(lead);
  }
  return both;
}

function ancestors(): number[] {
  const pids: number[] = [];
  for (let pid = process.ppid; pid > 1; pid = Number(statOf(pid)[1] ?? 0)) pids.push(pid);
  return pids;
}

/** Empty if the process is gone or belongs to another user. */
function descriptorsIn(folder: string): Descriptors {
  const descriptors = new Map<number, string>();
  for (const name of listed(folder)) {
    const fd = Number(name);
    const lead = fd > 2 ? leadOf(folder, fd) : undefined;
    if (lead !== undefined) descriptors.set(fd, lead);
  }
  return descriptors;
}

function listed(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** `undefined` for the descriptor by which the folder was read. */
function leadOf(folder: string, fd: number): string | undefined {
  try {
    if (folder.startsWith('/proc/')) return readlinkSync(`${folder}/${fd}`);
    // Elsewhere nothing tells Node's own pipes and queues from others, so only files and terminals count.
    const { dev, ino, mode } = fstatSync(fd);
    return fstatSync(fd).isFile() || isatty(fd) ? `${dev}:${ino}:${mode}` : undefined;
  } catch {
    return undefined;
  }
}
