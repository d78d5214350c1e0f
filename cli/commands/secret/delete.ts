import type { Command } from 'commander';
import { withClient } from '../../access/client.js';
import type { Context } from '../../arguments/context.js';
import { addNotes } from '../../arguments/help.js';

export function configure(command: Command, context: Context): void {
  command.argument('<KEY>', 'the name of the secret').action((key: string) => deleteSecret(context, key));
  addNotes(command, {
    examples: [
      [
        'sigilforge secret delete openai/api-key',
        'delete it here; the service that issued it still accepts it',
      ],
      ['sigilforge secret delete openai/api-key --json', 'tell a program whether it existed'],
    ],
    seeAlso: ['sigilforge secret list'],
  });
}

async function deleteSecret(context: Context, key: string): Promise<void> {
  const { output } = context;
  const result = await withClient(context, (client) => client.deleteSecret({ key }));
  output.result(result, () =>
    output.notice(result.deleted ? `The secret ${key} is deleted.` : `There is no secret ${key}.`),
  );
}
