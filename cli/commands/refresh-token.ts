import type { Command } from 'commander';
import { chooseAccount } from '../access/account.js';
import { withClient } from '../access/client.js';
import type { Context } from '../arguments/context.js';
import { addNotes } from '../arguments/help.js';

export function configure(command: Command, context: Context): void {
  command
    .argument('<SERVICE>', 'the service, such as github')
    .argument('[ACCOUNT]', 'the account; optional if the service has only one')
    .action((service: string, account: string | undefined) => refreshToken(context, service, account));
  addNotes(command, {
    notes: 'You rarely need this: get-token refreshes a token by itself when it is about to expire.',
    examples: [
      ['sigilforge refresh-token github work', 'get a new token now'],
      ['sigilforge refresh-token github work --json', 'the same with its expiry, for a program'],
    ],
    seeAlso: ['sigilforge get-token', 'sigilforge token-info'],
  });
}

async function refreshToken(context: Context, service: string, account: string | undefined): Promise<void> {
  const { output } = context;
  const token = await withClient(context, async (client) => {
    const chosen = await chooseAccount(client, service, account);
    return output.waiting('Asking the provider…', client.refreshToken(chosen));
  });
  output.result(token, () => output.value(token.access_token));
}
