import type { Command } from 'commander';
import { withClient } from '../access/client.js';
import type { Context } from '../arguments/context.js';
import { addNotes } from '../arguments/help.js';
import { answerGet, keepTyped, mayBeTyped, reject } from '../helpers/git.js';
import { readRequest } from '../helpers/git-request.js';
import { readAccount } from '../helpers/options.js';
import { readStandardInput } from '../terminal/standard-input.js';

/** More than git sends, answers of servers included. */
const MAX_INPUT_BYTES = 1024 * 1024;

export function configure(command: Command, context: Context): void {
  command
    .argument('<ACTION>', 'get, store or erase; git adds it')
    .option('--account <SERVICE/ACCOUNT>', 'the account for the host that git asks about')
    .action((action: string, options: { readonly account?: string }) => serve(context, action, options));
  addNotes(command, {
    readsValue: true,
    notes:
      'git starts it, and says on standard input what it wants. Without --account it serves github.com, gitlab.com, bitbucket.org and other hosts of built-in providers, by the account whose tokens come from there. If several accounts fit, the user name in the address chooses. It never asks a person: git then does.',
    examples: [
      ['sigilforge helper install git --global', 'set it up'],
      ["printf 'protocol=https\\nhost=github.com\\n' | sigilforge git-credential get", 'what git asks'],
    ],
    seeAlso: ['sigilforge helper install'],
  });
}

async function serve(
  context: Context,
  action: string,
  options: { readonly account?: string },
): Promise<void> {
  const named = options.account === undefined ? undefined : readAccount(options.account);
  if (action === 'capability') return context.output.bytes('version 0\ncapability authtype\n');
  // gitcredentials(7): what later versions of git ask is passed over in silence.
  if (!['get', 'store', 'erase'].includes(action)) return;
  const input = await readStandardInput('The request', MAX_INPUT_BYTES);
  const request = readRequest(input, named !== undefined);
  if (action === 'store' && !mayBeTyped(request, named)) return;
  await withClient(context, async (client) => {
    if (action === 'get') context.output.bytes(await answerGet(client, request, named));
    else if (action === 'store') await keepTyped(client, request);
    else await reject(client, request, named);
  });
}
