#!/usr/bin/env node
import { asSigilforgeError } from '../shared/errors.js';
import { type Context, createContext } from './context.js';
import { answerFast } from './fast.js';
import { watchStandardOutput } from './output.js';

/** Answers one command line. Whatever goes wrong becomes a sentence, a hint and an exit status here. */
async function main(args: readonly string[]): Promise<void> {
  watchStandardOutput();
  const context = createContext(args);
  try {
    await run(args, context);
  } catch (thrown) {
    const error = asSigilforgeError(thrown);
    context.output.fail(error);
    process.exitCode = error.exitCode;
  }
}

async function run(args: readonly string[], context: Context): Promise<void> {
  if (await answerFast(args, context)) return;
  const { runProgram } = await import('./program.js');
  await runProgram(args, context);
}

void main(process.argv.slice(2));
