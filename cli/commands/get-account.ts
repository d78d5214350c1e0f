import type { Command } from 'commander';
import { chooseAccount } from '../access/account.js';
import { withClient } from '../access/client.js';
import type { Context } from '../arguments/context.js';
import { addNotes } from '../arguments/help.js';

export function configure(command: Command, context: Context): void {
  command
    .argument('<SERVICE>', 'the service, such as github')
    .argument('[ACCOUNT]', 'the account; optional if the service has only one')
    .action((service: string, account: string | undefined) => getAccount(context, service, account));
  addNotes(command, {
    examples: [
      ['sigilforge get-account github work', 'its provider, scopes and state'],
      ['sigilforge get-account github work --json', 'the same for a program'],
    ],
    seeAlso: ['sigilforge list-accounts', 'sigilforge token-info'],
  });
}

async function getAccount(context: Context, service: string, account: string | undefined): Promise<void> {
  const found = await withClient(context, async (client) =>
    client.getAccount(await chooseAccount(client, service, account)),
  );
  context.output.result(found, () => context.output.record(found));
}
