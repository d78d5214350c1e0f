import type { Command } from 'commander';
import type { SigilforgeClient } from '../../../client/index.js';
import { asSigilforgeError } from '../../../shared/errors.js';
import { openClient } from '../../access/client.js';
import { badArgument, type Context } from '../../arguments/context.js';
import { addNotes } from '../../arguments/help.js';
import { followRun, type RunEnd, untilOver } from '../../runs/follow.js';
import { readInput, readJson } from '../../runs/json-input.js';
import { printEnd, sayMessage } from '../../runs/print.js';
import { untilInterrupted } from '../../terminal/interrupt.js';

interface Options {
  readonly args?: string;
  readonly argsFile?: string;
  readonly follow?: true;
}

export function configure(command: Command, context: Context): void {
  command
    .argument('<NAME>', 'the capability')
    .option('--args <JSON>', 'what it is called with; by default {}')
    .option('--args-file <FILE>', 'the same from a file, or from standard input if it is -')
    .option('--follow', 'print what it says and prints on standard error, as it comes')
    .action((name: string, options: Options) => runCapability(context, name, options));
  addNotes(command, {
    notes:
      'Its response, and nothing else, is printed on standard output. The exit status is 0 if it is completed, 1 if it failed, and 8 if it was cancelled or its time was over; if it could not start, that of the reason: 7 for a missing grant or changed files, 3 for a missing secret. Ctrl-C cancels it.\nSecrets in what it says are redacted. Others can read --args while this command runs: give what is confidential with --args-file.',
    examples: [
      [`sigilforge capability run weather --args '{"city":"Bern"}'`, 'run it, and print its response'],
      ['sigilforge capability run weather --args-file - < order.json', 'with arguments from standard input'],
      ['sigilforge capability run weather --follow', 'see what it does meanwhile'],
    ],
    seeAlso: ['sigilforge runs list', 'sigilforge capability show'],
  });
}

async function runCapability(context: Context, name: string, options: Options): Promise<void> {
  const { output } = context;
  const args = await readArgs(options);
  const client = await openClient(context);
  try {
    const { run } = await client.runCapability({ name, args });
    const follow = options.follow
      ? followRun(client, run.id, (message) => sayMessage(output, message))
      : output.waiting(`${name} is running…`, untilOver(client, run.id));
    printEnd(output, await orCancelled(client, run.id, follow));
  } finally {
    await client.close();
  }
}

/** The end of a run, which a signal brings about. */
async function orCancelled(client: SigilforgeClient, runId: string, end: Promise<RunEnd>): Promise<RunEnd> {
  try {
    return await untilInterrupted(end);
  } catch (thrown) {
    if (asSigilforgeError(thrown).kind !== 'cancelled') throw thrown;
    await client.cancelRun({ run_id: runId });
    return end;
  }
}

async function readArgs({ args, argsFile }: Options): Promise<unknown> {
  if (args !== undefined && argsFile !== undefined)
    throw badArgument('--args and --args-file cannot be combined.');
  if (args !== undefined) return readJson('--args', args);
  return argsFile === undefined ? {} : readJson('--args-file', await readInput('--args-file', argsFile));
}
