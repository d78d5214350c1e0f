import { createContext } from './arguments/context.js';
import { runCommand } from './program.js';
import { reportTo } from './report.js';
import { watchStandardOutput } from './terminal/output.js';

/** Answers any command line. */
export async function runCommands(args: readonly string[]): Promise<void> {
  const context = createContext(args);
  watchStandardOutput();
  try {
    await runCommand(args, context);
  } catch (thrown) {
    reportTo(context.output, thrown);
  }
}
