import type { Command } from 'commander';
import { addCommands, addHelpCommand, type CommandEntry } from '../../arguments/command.js';
import type { Context } from '../../arguments/context.js';
import { addNotes } from '../../arguments/help.js';

const subcommands: readonly CommandEntry[] = [
  { name: 'list', summary: 'List runs, the newest first', load: () => import('./list.js') },
  { name: 'show', summary: 'Show a run, and what it said', load: () => import('./show.js') },
  { name: 'follow', summary: 'Print what a run says, as it comes', load: () => import('./follow.js') },
  { name: 'cancel', summary: 'End a run', load: () => import('./cancel.js') },
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
      'What runs said and printed is kept for 30 days (keep_days of [runs] in config.toml), without secrets. Agents that run elsewhere keep their record by create_run, append_message and finish_run.',
    examples: [
      ['sigilforge runs list --capability weather', 'the runs of one capability'],
      ['sigilforge runs show ID', 'what a run said, and how it ended'],
    ],
    seeAlso: ['sigilforge capability run', 'sigilforge events --runs'],
  });
}
