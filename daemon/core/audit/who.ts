import { startOf } from '../../../shared/process-stat.js';

/** Who asks: the process that connected, which may have handed the connection on. `null` for what the system does not tell. */
export interface Who {
  readonly uid: number | null;
  readonly pid: number | null;
  /** When that process began, as `startOf` gives it: ids of processes are used again. */
  readonly started: string | null;
  /** The door that it came through, or what it called itself when it was narrowed; `null` if neither has a name. */
  door: string | null;
}

/** This process. */
export function thisProcess(): Who {
  const { pid } = process;
  return { uid: process.getuid?.() ?? null, pid, started: startOf(pid), door: null };
}
