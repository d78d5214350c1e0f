import type { Command } from 'commander';
import { withClient } from '../../access/client.js';
import type { Context } from '../../arguments/context.js';
import { addNotes } from '../../arguments/help.js';

export function configure(command: Command, context: Context): void {
  command.argument('<ID>', 'the provider, such as github').action((id: string) => showProvider(context, id));
  addNotes(command, {
    examples: [
      ['sigilforge provider show github', 'its endpoints, flows, redirect URI and notes'],
      ['sigilforge provider show github --json', 'the same for a program'],
    ],
    seeAlso: ['sigilforge provider set'],
  });
}

async function showProvider(context: Context, id: string): Promise<void> {
  const { output } = context;
  const result = await withClient(context, (client) => client.getProvider({ id }));
  output.result(result, () => output.record(result.provider));
}
