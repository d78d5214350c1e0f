import type { Command } from 'commander';
import { addCommands, addHelpCommand, type CommandEntry } from '../../arguments/command.js';
import type { Context } from '../../arguments/context.js';
import { addNotes } from '../../arguments/help.js';

const subcommands: readonly CommandEntry[] = [
  { name: 'list', summary: 'List the providers', load: () => import('./list.js') },
  { name: 'show', summary: 'Show one provider', load: () => import('./show.js') },
  { name: 'test', summary: 'Try whether its addresses answer', load: () => import('./test.js') },
  {
    name: 'set',
    summary: 'Add a provider, or change one',
    description: 'Add a provider, or update the given settings of an existing one.',
    load: () => import('./set.js'),
  },
  {
    name: 'remove',
    summary: 'Remove your settings for a provider',
    description: 'Remove your settings for a provider. Accounts keep the settings they signed in with.',
    load: () => import('./remove.js'),
  },
];

export async function configure(
  command: Command,
  context: Context,
  operands: readonly string[],
): Promise<void> {
  await addCommands(command, context, subcommands, operands);
  addHelpCommand(command);
  addNotes(command, {
    examples: [
      ['sigilforge provider list', 'which providers are there?'],
      ['sigilforge provider set github --client-id Iv1.0123456789abcdef', 'set the client to sign in with'],
    ],
    seeAlso: ['sigilforge add-account'],
  });
}
