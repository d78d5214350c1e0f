import type { Exit } from './launch/process.js';
import type { ProcessId } from './launch/traces.js';
import type { Output } from './output.js';
import type { Prepared } from './prepare.js';
import type { Redaction } from './redaction.js';

/** What a program reads of a run. */
export interface Request {
  readonly args: unknown;
  readonly context: { readonly run_id: string } & object;
}

/** A program that works for a run: one of its own, or one that is kept warm for many. Its door is open. */
export interface Worker {
  /** Of all that its program may know. */
  readonly redaction: Redaction;
  /** Starts the program, unless it is up already. Throws `external`. */
  start(prepared: Prepared): Promise<ProcessId>;
  /** Leaves of its grants only these. */
  narrow(grants: readonly string[]): void;
  /** Gives it a request, and what it says to `output`. `undefined`: it has answered, and goes on. */
  work(request: Request, output: Output): Promise<Exit | undefined>;
  /** Ends every process of it. Says whether all are gone. */
  end(graceMs: () => number, isStopped: boolean): Promise<boolean>;
  /** Reads the rest of its output, once no process of it is left. */
  drain(): Promise<void>;
  /** The run is over. */
  leave(): Promise<void>;
}
