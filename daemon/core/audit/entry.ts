import type { ErrorKind } from '../../../shared/errors.js';
import { startOf } from '../../../shared/process-stat.js';

/** The process that connected; `null` for what the system does not tell. */
export interface Identity {
  readonly uid: number | null;
  readonly pid: number | null;
  /** When the process began, as `startOf` gives it. */
  readonly started: string | null;
  readonly door: string | null;
}

/** This process. */
export function ownIdentity(): Identity {
  const { pid } = process;
  return { uid: process.getuid?.() ?? null, pid, started: startOf(pid), door: null };
}

/** Who asks, such as a connection of the daemon. */
export interface Asker {
  readonly who: Identity;
  /** The name that it gave itself when it was narrowed. */
  readonly label: string | null;
}

/** The door that it came through, or else its own name. */
export function doorOf({ who, label }: Asker): string | null {
  return who.door ?? label;
}

/** Who a row names. */
export interface Origin {
  readonly uid: number | null;
  readonly pid: number | null;
  readonly executable: string | null;
  /** The file that an interpreter runs. It is looked up while a row waits to be written. */
  script: string | null;
  readonly door: string | null;
}

/** What became of a call; `dropped` stands for rows that could not be kept until the disk took them. */
export type Outcome = 'released' | 'dropped' | ErrorKind;

/** What a call was about. */
export interface Subject {
  readonly method: string;
  /** In its usual spelling; `null` if there is none, or the text cannot be read. */
  readonly reference: string | null;
  readonly outcome: Outcome;
}

/** A row to write. `at`: milliseconds since 1970. */
export interface Entry extends Subject {
  readonly origin: Origin;
  readonly at: number;
  readonly count: number;
}
