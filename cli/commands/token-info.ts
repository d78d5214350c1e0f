import type { Command } from 'commander';
import { chooseAccount } from '../access/account.js';
import { withClient } from '../access/client.js';
import type { Context } from '../arguments/context.js';
import { addNotes } from '../arguments/help.js';

export function configure(command: Command, context: Context): void {
  command
    .argument('<SERVICE>', 'the service, such as github')
    .argument('[ACCOUNT]', 'the account; optional if the service has only one')
    .action((service: string, account: string | undefined) => tokenInfo(context, service, account));
  addNotes(command, {
    examples: [
      ['sigilforge token-info github work', 'expiry, last refresh and last error'],
      ['sigilforge token-info github work --json', 'the same for a program'],
    ],
    seeAlso: ['sigilforge get-account', 'sigilforge refresh-token'],
  });
}

async function tokenInfo(context: Context, service: string, account: string | undefined): Promise<void> {
  const info = await withClient(context, async (client) =>
    client.tokenInfo(await chooseAccount(client, service, account)),
  );
  context.output.result(info, () => context.output.record(info));
}
