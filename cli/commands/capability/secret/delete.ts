import type { Command } from 'commander';
import { withClient } from '../../../access/client.js';
import type { Context } from '../../../arguments/context.js';
import { addNotes } from '../../../arguments/help.js';

export function configure(command: Command, context: Context): void {
  command
    .argument('<NAME>', 'the capability')
    .argument('<KEY>', 'the name of the secret')
    .action((name: string, key: string) => deleteSecret(context, name, key));
  addNotes(command, {
    examples: [
      [
        'sigilforge capability secret delete weather API_KEY',
        'delete it here; the service that issued it still accepts it',
      ],
    ],
    seeAlso: ['sigilforge capability secret list'],
  });
}

async function deleteSecret(context: Context, name: string, key: string): Promise<void> {
  const { output } = context;
  const result = await withClient(context, (client) => client.deleteCapabilitySecret({ name, key }));
  output.result(result, () =>
    output.notice(
      result.deleted ? `The secret ${key} of ${name} is deleted.` : `${name} has no secret ${key}.`,
    ),
  );
}
