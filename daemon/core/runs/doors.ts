import type { Secret } from '../../../shared/secret.js';

/** What the door of a run needs to know about it. */
export interface RunAtDoor {
  /** May change: a program that is kept warm works for one run after another. */
  readonly runId: string;
  readonly capability: string;
  readonly grants: readonly string[];
  /** Called with each value that goes out through the door, before it does. */
  readonly released: (value: Secret, encoding: 'utf8' | 'base64') => void;
}

/** Both ways in of a run, open until `close`. */
export interface RunDoor {
  /** `SIGILFORGE_SOCKET` and `SIGILFORGE_FD`. */
  readonly variables: Readonly<Record<string, string>>;
  /** The program's descriptor, and the one of ours that it becomes. */
  readonly fd: number;
  readonly source: number;
  /** The program runs: closes the one of ours. */
  started(): void;
  /** Leaves only these grants, at once and for every connection. */
  narrow(grants: readonly string[]): void;
  close(): void;
}

/** Opens doors for runs. Only a daemon has one. */
export interface RunDoors {
  openForRun(run: RunAtDoor): Promise<RunDoor>;
}
