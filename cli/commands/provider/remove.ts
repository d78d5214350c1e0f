import type { Command } from 'commander';
import { withClient } from '../../access/client.js';
import type { Context } from '../../arguments/context.js';
import { addNotes } from '../../arguments/help.js';

export function configure(command: Command, context: Context): void {
  command.argument('<ID>', 'the provider').action((id: string) => removeProvider(context, id));
  addNotes(command, {
    examples: [
      ['sigilforge provider remove work', 'remove a provider that you added'],
      ['sigilforge provider remove github', 'go back to the built-in settings'],
    ],
    seeAlso: ['sigilforge provider list'],
  });
}

async function removeProvider(context: Context, id: string): Promise<void> {
  const { output } = context;
  const result = await withClient(context, (client) => client.removeProvider({ id }));
  output.result(result, () =>
    output.notice(result.removed ? `Removed your settings for ${id}.` : `You had no settings for ${id}.`),
  );
}
