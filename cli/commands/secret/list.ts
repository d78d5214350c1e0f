import type { Command } from 'commander';
import { withClient } from '../../access/client.js';
import type { Context } from '../../arguments/context.js';
import { addNotes } from '../../arguments/help.js';

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
  const result = await withClient(context, (client) => client.listSecrets({ prefix }));
  output.result(result, () =>
    output.table(
      ['key', 'backend', 'updated'],
      result.secrets.map(({ key, backend, updated_at }) => [key, backend, updated_at]),
    ),
  );
}
