import type { Command } from 'commander';
import { addCommands, addHelpCommand, type CommandEntry } from '../../arguments/command.js';
import type { Context } from '../../arguments/context.js';
import { addNotes } from '../../arguments/help.js';

const subcommands: readonly CommandEntry[] = [
  { name: 'run', summary: 'Run the daemon in the foreground', load: () => import('./run.js') },
  { name: 'start', summary: 'Start the daemon if it is not running', load: () => import('./start.js') },
  { name: 'stop', summary: 'Stop the daemon', load: () => import('./stop.js') },
  {
    name: 'restart',
    summary: 'Replace the daemon without losing a request',
    load: () => import('./restart.js'),
  },
  { name: 'status', summary: 'Show whether the daemon is running', load: () => import('./status.js') },
  { name: 'install', summary: 'Have the daemon started at each login', load: () => import('./install.js') },
  { name: 'uninstall', summary: 'Undo what daemon install has done', load: () => import('./uninstall.js') },
  { name: 'logs', summary: 'Show what the daemon has logged', load: () => import('./logs.js') },
  {
    name: 'log-level',
    summary: 'Log more or less, until the daemon ends',
    load: () => import('./log-level.js'),
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
      ['sigilforge daemon start', 'start it for this session'],
      ['sigilforge daemon status', 'is it running?'],
      ['sigilforge daemon install', 'start it at each login'],
    ],
    seeAlso: ['sigilforge status'],
  });
}
