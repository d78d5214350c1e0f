import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { startOf, statOf } from '../../../../shared/process-stat.js';
import { MARKER } from './environment.js';

/** One process: ids are used again. */
export interface ProcessId {
  readonly pid: number;
  /** As `startOf` gives it. */
  readonly start: string;
}

/** By what the processes of runs are found. */
export interface Traces {
  readonly runIds: ReadonlySet<string>;
  /** Programs that began a session of their own. */
  readonly leaders: readonly ProcessId[];
  /** Further processes, asked for each time. */
  readonly others?: () => readonly number[];
}

interface Seen extends ProcessId {
  readonly parent: number;
  readonly group: number;
  readonly session: number;
}

/** Between two looks: short at first, because most programs end at once. */
const LOOK_MS = { first: 10, last: 200 };
/** How long those that were killed may take. */
const KILLED_MS = 1_500;

/** Sends a signal to a process, or to a group of them. */
type Send = (name: NodeJS.Signals) => void;

/**
 * Ends the processes of runs: asks them to, and kills those that are left after `graceMs`, which may become shorter. Says
 * whether all are gone; what a debugger or the kernel holds is not. Systems without /proc only know the groups of programs.
 */
export async function endProcesses(
  traces: Traces,
  graceMs: () => number,
  platform: NodeJS.Platform = process.platform,
): Promise<boolean> {
  const left = platform === 'linux' ? () => sendersTo(traces) : () => groupsOf(traces);
  const found = left();
  if (found.length === 0) return true;
  for (const send of found) send('SIGTERM');
  return (await areGone(left, graceMs)) || (await areGone(left, () => KILLED_MS, 'SIGKILL'));
}

function sendersTo(traces: Traces): Send[] {
  return findProcesses(traces).map((found) => (name) => signal(found, name));
}

/** A group has the id of its leader, and keeps it while any process is in it. */
function groupsOf({ leaders }: Traces): Send[] {
  const send = (pid: number, name: NodeJS.Signals | 0): boolean => {
    try {
      return process.kill(-pid, name);
    } catch {
      // No process is in it any more.
      return false;
    }
  };
  return leaders.flatMap(({ pid }) => (send(pid, 0) ? [(name: NodeJS.Signals) => void send(pid, name)] : []));
}

/** Every process of these runs: by the marker in its environment, by its session or group, or as a child of one of them. */
export function findProcesses({ runIds, leaders, others }: Traces): ProcessId[] {
  const all = processesNow();
  const led = new Set(leaders.map(({ pid }) => pid));
  const named = new Set(others?.() ?? []);
  const oldest = leaders.length === runIds.size ? Math.min(...leaders.map(({ start }) => Number(start))) : 0;
  const isOurs = ({ pid, group, session, start }: Seen): boolean =>
    named.has(pid) ||
    (Number(start) >= oldest && (led.has(group) || led.has(session) || runIds.has(markOf(pid) ?? '')));
  const found = new Map(all.filter(isOurs).map((seen) => [seen.pid, seen]));
  for (let size = -1; size !== found.size; ) {
    size = found.size;
    for (const seen of all) if (found.has(seen.parent)) found.set(seen.pid, seen);
  }
  return [...found.values()];
}

async function areGone(
  find: () => readonly Send[],
  withinMs: () => number,
  name?: NodeJS.Signals,
): Promise<boolean> {
  const began = performance.now();
  for (let wait = LOOK_MS.first; ; wait = Math.min(2 * wait, LOOK_MS.last)) {
    const left = find();
    if (left.length === 0) return true;
    if (name) for (const send of left) send(name);
    if (performance.now() - began >= withinMs()) return false;
    await delay(wait);
  }
}

function signal({ pid, start }: ProcessId, name: NodeJS.Signals): void {
  try {
    if (startOf(pid) === start) process.kill(pid, name);
  } catch {
    // It has ended meanwhile.
  }
}

/** Where `statOf` has what `startOf` gives. */
const START = 19;

/** All but this one and those that have ended. Empty on every system other than Linux. */
function processesNow(): Seen[] {
  return pidsNow().flatMap((pid) => {
    const fields = statOf(pid);
    const [state = 'X', parent, group, session] = fields;
    const start = fields[START];
    if (start === undefined || /^[ZX]/.test(state)) return [];
    return [{ pid, start, parent: Number(parent), group: Number(group), session: Number(session) }];
  });
}

function pidsNow(): number[] {
  try {
    return readdirSync('/proc')
      .map(Number)
      .filter((pid) => pid > 1 && pid !== process.pid);
  } catch {
    return [];
  }
}

/** The run that a process belongs to by its environment, if it may be read. */
function markOf(pid: number): string | undefined {
  try {
    return MARK.exec(readFileSync(`/proc/${pid}/environ`, 'latin1'))?.[1];
  } catch {
    return undefined;
  }
}

const MARK = new RegExp(`(?:^|\\0)${MARKER}=([0-9a-f-]{36})(?:\\0|$)`);
