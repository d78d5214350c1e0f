import type { Command } from 'commander';
import type { SigilforgeClient } from '../../../client/index.js';
import type { ResultOf } from '../../../shared/contract/index.js';
import { withClient } from '../../access/client.js';
import type { Context } from '../../arguments/context.js';
import { addNotes } from '../../arguments/help.js';

type Page = ResultOf<'list_secrets'>;

export function configure(command: Command, context: Context): void {
  command
    .option('--prefix <PREFIX>', 'only the names that begin like this')
    .action((options: { prefix?: string }) => listSecrets(context, options.prefix));
  addNotes(command, {
    examples: [
      ['sigilforge secret list', 'all secrets'],
      ['sigilforge secret list --prefix openai/', 'those of one service'],
    ],
    seeAlso: ['sigilforge secret get'],
  });
}

async function listSecrets(context: Context, prefix: string | undefined): Promise<void> {
  const { output } = context;
  const secrets = await withClient(context, (client) => allSecrets(client, prefix));
  output.result({ secrets, cursor: null }, () =>
    output.table(
      ['key', 'backend', 'updated'],
      secrets.map(({ key, backend, updated_at }) => [key, backend, updated_at]),
    ),
  );
}

async function allSecrets(client: SigilforgeClient, prefix: string | undefined): Promise<Page['secrets']> {
  const all: Page['secrets'] = [];
  let cursor: string | null = null;
  do {
    const page: Page = await client.listSecrets({
      ...(prefix !== undefined && { prefix }),
      ...(cursor !== null && { cursor }),
    });
    all.push(...page.secrets);
    cursor = page.cursor;
  } while (cursor !== null);
  return all;
}
