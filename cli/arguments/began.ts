import * as v from 'valibot';
import { pattern } from '../../shared/pattern.js';

/** Where the native client writes what it was started with, because Node changes it. */
const VARIABLE = 'SIGILFORGE_BEGAN';

const SIGNALS = '[0-9a-f]{16}';
const FILES = '(?:[0-9]{1,20}|unlimited)';

/** Ignored signals, blocked signals, and the soft and the hard limit of open files. */
const Began = v.pipe(
  v.string(),
  pattern(new RegExp(`^${SIGNALS}:${SIGNALS}:${FILES}:${FILES}$`), 'what a process was started with'),
);

/**
 * What the caller of this command had: `IGNORED:BLOCKED:FILES`, as `sigilforge-run` takes it. No other program gets the
 * variable. What is not written like this is as if it were absent.
 */
export function takeBegan(environment: NodeJS.ProcessEnv): string | undefined {
  const { success, output } = v.safeParse(Began, environment[VARIABLE]);
  delete environment[VARIABLE];
  // Node does not change the hard limit.
  return success ? output.slice(0, output.lastIndexOf(':')) : undefined;
}
