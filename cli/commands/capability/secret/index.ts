import type { Command } from 'commander';
import { addCommands, addHelpCommand, type CommandEntry } from '../../../arguments/command.js';
import type { Context } from '../../../arguments/context.js';
import { addNotes } from '../../../arguments/help.js';

const subcommands: readonly CommandEntry[] = [
  {
    name: 'set',
    summary: 'Store a secret, asked for or read from standard input',
    load: () => import('./set.js'),
  },
  { name: 'list', summary: 'List the names of its secrets, never a value', load: () => import('./list.js') },
  { name: 'delete', summary: 'Delete a secret', load: () => import('./delete.js') },
];

export async function configure(
  command: Command,
  context: Context,
  operands: readonly string[],
): Promise<void> {
  await addCommands(command, context, subcommands, operands);
  addHelpCommand(command);
  addNotes(command, {
    notes: 'Only the runs of the capability get its secrets. No command and no method prints one.',
    examples: [
      ['sigilforge capability secret set weather API_KEY', 'be asked for the value'],
      ['sigilforge capability secret list weather', 'which are set, and since when'],
    ],
    seeAlso: ['sigilforge capability show', 'sigilforge secret'],
  });
}
