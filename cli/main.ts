#!/usr/bin/env -S node --
import { leaveMemoryOutOfCoreFiles } from '../shared/core-files.js';
import { SigilforgeError } from '../shared/errors.js';
import { createContext } from './arguments/context.js';
import { runCommand } from './program.js';
import { reportTo } from './report.js';
import { outliveTerminals } from './terminal/lost-terminals.js';
import { watchStandardOutput } from './terminal/output.js';

/** Answers any command line. What programs call all the time, client/native answers before this one is started. */
async function main(args: readonly string[]): Promise<void> {
  outliveTerminals();
  leaveMemoryOutOfCoreFiles();
  const context = createContext(args);
  watchStandardOutput();
  // Node ends with success when nothing can happen any more, whatever is still awaited.
  const onIdle = (): void => reportTo(context.output, endedEarly());
  process.once('beforeExit', onIdle);
  try {
    await runCommand(args, context);
  } catch (thrown) {
    reportTo(context.output, thrown);
  } finally {
    process.off('beforeExit', onIdle);
  }
}

function endedEarly(): SigilforgeError {
  return new SigilforgeError('internal_error', 'The command ended before it was done.');
}

void main(process.argv.slice(2));
