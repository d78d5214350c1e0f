import type { Command } from 'commander';
import { addCommands, addHelpCommand, type CommandEntry } from '../../arguments/command.js';
import type { Context } from '../../arguments/context.js';
import { addNotes } from '../../arguments/help.js';

const subcommands: readonly CommandEntry[] = [
  {
    name: 'set',
    summary: 'Store a secret, asked for or read from standard input',
    load: () => import('./set.js'),
  },
  { name: 'get', summary: 'Print a secret', load: () => import('./get.js') },
  { name: 'list', summary: 'List the names of secrets, never a value', load: () => import('./list.js') },
  { name: 'delete', summary: 'Delete a secret', load: () => import('./delete.js') },
  {
    name: 'requests',
    summary: 'List the secrets that capabilities ask for',
    load: () => import('./requests.js'),
  },
  { name: 'answer', summary: 'Answer such a request', load: () => import('./answer.js') },
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
      ['sigilforge secret set openai/api-key', 'store an API key'],
      [
        'sigilforge exec --env OPENAI_API_KEY=secret://openai/api-key -- python main.py',
        'give it to a program',
      ],
    ],
    seeAlso: ['sigilforge exec', 'sigilforge inject', 'sigilforge resolve'],
  });
}
