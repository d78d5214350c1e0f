import { createContext } from './context.js';
import { watchStandardOutput } from './output.js';
import { runProgram } from './program.js';
import { report } from './report.js';

/** Answers any command line. */
export async function runCommands(args: readonly string[]): Promise<void> {
  watchStandardOutput();
  try {
    await runProgram(args, createContext(args));
  } catch (thrown) {
    report(args, thrown);
  }
}
