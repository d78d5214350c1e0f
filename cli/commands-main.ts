import { createContext } from './context.js';
import { watchStandardOutput } from './output.js';
import { runProgram } from './program.js';
import { reportErrors } from './report.js';

/** Answers any command line. */
export async function runCommands(args: readonly string[]): Promise<void> {
  watchStandardOutput();
  const context = createContext(args);
  await reportErrors(context, () => runProgram(args, context));
}
