import { pathToFileURL } from 'node:url';
import type { Command } from 'commander';
import { builtProgram } from '../../shared/built-program.js';
import { badArgument, type Context } from '../arguments/context.js';
import { addNotes } from '../arguments/help.js';

interface Options {
  readonly browser?: boolean;
}

export function configure(command: Command, context: Context): void {
  command
    .option('--browser', 'sign in yourself, on the page of the demonstration provider')
    .action((options: Options) => quickstart(context, options));
  addNotes(command, {
    notes:
      'It runs in a folder of its own, which it removes at the end, with a small provider of its own on this machine. It uses no network, no keychain and none of your accounts, and takes less than half a minute.',
    examples: [
      ['sigilforge quickstart', 'a sign-in, tokens that are refreshed, and a key for a program'],
      ['sigilforge quickstart --browser', 'the same, and you press the button'],
    ],
    seeAlso: ['sigilforge add-account', 'sigilforge provider list'],
  });
}

async function quickstart({ output }: Context, { browser = false }: Options): Promise<void> {
  if (output.json) throw badArgument('The quickstart is a story to read, so it takes no --json.');
  await (await loaded()).quickstart(browser);
}

/** It is a file of its own, which no other command loads. */
async function loaded(): Promise<typeof import('../quickstart/demonstration.js')> {
  return import(pathToFileURL(builtProgram('quickstart.cjs')).href);
}
