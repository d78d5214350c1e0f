import type { Command } from 'commander';
import { withClient } from '../access/client.js';
import type { Context } from '../arguments/context.js';
import { addNotes } from '../arguments/help.js';

export function configure(command: Command, context: Context): void {
  command
    .option('--service <SERVICE>', 'only the accounts of this service')
    .action((options: { service?: string }) => listAccounts(context, options));
  addNotes(command, {
    notes:
      'The state is ok (the token is valid or can be refreshed), needs_auth (sign in again) or parked (copied from another vault).',
    examples: [
      ['sigilforge list-accounts', 'all accounts'],
      ['sigilforge list-accounts --service github --json', 'those of one service, for a program'],
    ],
    seeAlso: ['sigilforge get-account', 'sigilforge add-account'],
  });
}

async function listAccounts(context: Context, options: { service?: string }): Promise<void> {
  const { output } = context;
  const result = await withClient(context, (client) => client.listAccounts(options));
  output.result(result, () => {
    const rows = result.accounts.map(({ service, account, kind, state, expires_at, scopes }) => [
      service,
      account,
      kind,
      state,
      expires_at,
      scopes,
    ]);
    if (rows.length > 0) output.table(['service', 'account', 'kind', 'state', 'expires', 'scopes'], rows);
    else output.notice('There are no accounts yet. Sign in with: sigilforge add-account github work');
  });
}
