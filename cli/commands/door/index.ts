import type { Command } from 'commander';
import { addCommands, addHelpCommand, type CommandEntry } from '../../arguments/command.js';
import type { Context } from '../../arguments/context.js';
import { addNotes } from '../../arguments/help.js';

const subcommands: readonly CommandEntry[] = [
  { name: 'list', summary: 'List the doors that are open', load: () => import('./list.js') },
  {
    name: 'close',
    summary: 'Close a door, and end the connections through it',
    load: () => import('./close.js'),
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
    notes:
      'A door is a socket of the daemon for one program: through it the program gets what was granted to it, and nothing else. It goes away when its program (exec --grant) or its opener (open_door) ends.',
    examples: [
      ['sigilforge door list', 'which programs have a door, and what is granted to each?'],
      ['sigilforge door close build', 'take away what was granted through this one'],
    ],
    seeAlso: ['sigilforge exec', 'sigilforge audit'],
  });
}
