import { createContext } from './arguments/context.js';
import { runProgram } from './program.js';
import { report } from './report.js';
import { watchStandardOutput } from './terminal/output.js';

/** Answers any command line. */
export async function runCommands(args: readonly string[]): Promise<void> {
  watchStandardOutput();
  try {
    await runProgram(args, createContext(args));
  } catch (thrown) {
    report(args, thrown);
  }
}
