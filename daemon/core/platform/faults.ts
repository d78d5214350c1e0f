import { asSigilforgeError, bugHint, errorTable, SigilforgeError } from '../../../shared/errors.js';
import { stackFrames } from '../../../shared/stack-frames.js';
import type { LogEvent, Logger } from './log.js';

/** A log that may know where its lines are, in words for a person. */
export type FaultLog = Logger & { readonly place?: string };

/** As many causes of an error as are logged; a chain may lead back to itself. */
const MAX_CAUSES = 8;

/**
 * Anything thrown, as the error that callers see. A bug of Sigilforge is logged with the stack frames of the error and
 * its causes, and its hint says where the log is.
 */
export function reported(thrown: unknown, event: LogEvent, log: FaultLog): SigilforgeError {
  logFault(thrown, event, log);
  return asReported(thrown, log);
}

/** The same without a line in the log, for an error that has one. */
export function asReported(thrown: unknown, log: FaultLog): SigilforgeError {
  const error = asSigilforgeError(thrown);
  if (log.place === undefined || error.kind !== 'internal_error') return error;
  if (error.hint !== errorTable.internal_error.hint) return error;
  return new SigilforgeError('internal_error', error.message, {
    hint: bugHint(log.place),
    cause: error.cause,
  });
}

/** Logs an error that is a bug of Sigilforge, and no other. */
export function logFault(thrown: unknown, event: LogEvent, log: Logger): void {
  if (thrown instanceof SigilforgeError && thrown.kind !== 'internal_error') return;
  logThrown(thrown, event, log);
}

/** Logs anything thrown. Messages may quote a value, so only names and stack frames are kept. */
export function logThrown(thrown: unknown, event: LogEvent, log: Logger): void {
  const [first, ...causes] = chainOf(thrown);
  log.error(event, {
    error: nameOf(first),
    stack: framesOf(first),
    ...(causes.length > 0 && {
      causes: causes.map((cause) => `${nameOf(cause)}\n${framesOf(cause) ?? ''}`).join('\n'),
    }),
  });
}

/** An error and its causes. The error that only stands for an unknown one is left out. */
function chainOf(thrown: unknown): unknown[] {
  const chain: unknown[] = [];
  let next: unknown = thrown instanceof SigilforgeError && thrown.cause !== undefined ? thrown.cause : thrown;
  while (chain.length < MAX_CAUSES) {
    chain.push(next);
    if (!(next instanceof Error) || next.cause === undefined) break;
    next = next.cause;
  }
  return chain;
}

function nameOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.name : typeof thrown;
}

function framesOf(thrown: unknown): string | undefined {
  return thrown instanceof Error ? stackFrames(thrown).join('\n') : undefined;
}
