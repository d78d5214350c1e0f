import type { Command } from 'commander';
import { addCommands, addHelpCommand, type CommandEntry } from '../../arguments/command.js';
import type { Context } from '../../arguments/context.js';
import { addNotes } from '../../arguments/help.js';

const subcommands: readonly CommandEntry[] = [
  { name: 'list', summary: 'Say what is set up, and whether it works', load: () => import('./list.js') },
  {
    name: 'install',
    summary: 'Write the line into the configuration of a program',
    load: () => import('./install.js'),
  },
  { name: 'uninstall', summary: 'Take exactly that away again', load: () => import('./uninstall.js') },
];

export async function configure(
  command: Command,
  context: Context,
  operands: readonly string[],
): Promise<void> {
  await addCommands(command, context, subcommands, operands);
  addHelpCommand(command);
  addNotes(command, {
    notes:
      'A program that asks a helper for credentials gets a token that works each time, and stores none itself.',
    examples: [
      ['sigilforge helper list', 'which programs are set up, and does each work?'],
      ['sigilforge helper install git --global', 'git, for the hosts of known providers'],
      ['sigilforge helper uninstall git --global', 'git as it was before'],
    ],
    seeAlso: ['sigilforge exec', 'sigilforge get-token'],
  });
}
