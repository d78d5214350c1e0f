import type { ChildProcess } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';

/** How a process ended. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** How long a process may take to end when asked, before it is killed. */
const GRACE_MS = 7_000;

/** Resolves when a child has ended and its output has been read. Rejects where it could not be started. */
export function exitOf(child: ChildProcess): Promise<Exit> {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve({ code, signal }));
  });
}

/** Ends a process by its id: SIGTERM, and SIGKILL when that did not help. Resolves when it is gone. */
export async function endProcess(pid: number): Promise<void> {
  if (!signal(pid, 'SIGTERM') || (await isGone(pid, GRACE_MS))) return;
  signal(pid, 'SIGKILL');
  if (!(await isGone(pid, GRACE_MS))) throw new Error(`Process ${pid} does not end.`);
}

/** Whether a process runs. One that has ended and only waits for its parent to notice does not. */
export async function isRunning(pid: number): Promise<boolean> {
  if (!signal(pid, 0)) return false;
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  // Without an entry it was reaped just now, or this is no Linux: asking once more tells.
  return stat === undefined ? signal(pid, 0) : !/^\d+ \(.*\) Z/s.test(stat);
}

/** The most memory that a process has had in the machine, in MiB; 0 where the system does not say. */
export function mostResident(pid: number): number {
  const file = `/proc/${pid}/status`;
  const status = existsSync(file) ? readFileSync(file, 'utf8') : '';
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) / 1024;
}

/** There is no event for the end of a process that is not a child, so this asks again and again. */
async function isGone(pid: number, withinMs: number): Promise<boolean> {
  const limit = performance.now() + withinMs;
  while (await isRunning(pid)) {
    if (performance.now() > limit) return false;
    await delay(10);
  }
  return true;
}

function signal(pid: number, name: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, name);
  } catch {
    return false;
  }
}

/** Ends a child by SIGKILL, unless it has ended. Resolves when it is gone. */
export async function crash({
  child,
  exited,
}: {
  child: ChildProcess;
  exited: Promise<unknown>;
}): Promise<void> {
  child.kill('SIGKILL');
  await exited;
}
