import type { ErrorKind } from '../../../shared/errors.js';

/** Who a row names. */
export interface Actor {
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
  readonly actor: Actor;
  readonly at: number;
  readonly count: number;
}
