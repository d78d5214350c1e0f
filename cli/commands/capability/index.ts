import type { Command } from 'commander';
import { addCommands, addHelpCommand, type CommandEntry } from '../../arguments/command.js';
import type { Context } from '../../arguments/context.js';
import { addNotes } from '../../arguments/help.js';

const subcommands: readonly CommandEntry[] = [
  { name: 'create', summary: 'Write a first capability that runs', load: () => import('./create.js') },
  {
    name: 'add',
    summary: 'Register the folder or the zip archive of a capability',
    load: () => import('./add.js'),
  },
  { name: 'list', summary: 'List the capabilities', load: () => import('./list.js') },
  {
    name: 'show',
    summary: 'Show what a capability asks for, and what it was granted',
    load: () => import('./show.js'),
  },
  { name: 'run', summary: 'Run a capability, and print its response', load: () => import('./run.js') },
  { name: 'start', summary: 'Start a bot, which then stays up', load: () => import('./start.js') },
  { name: 'stop', summary: 'Stop a bot', load: () => import('./stop.js') },
  {
    name: 'restart',
    summary: 'Stop a bot and start it with what is granted and trusted now',
    load: () => import('./restart.js'),
  },
  { name: 'grant', summary: 'Grant a capability a credential', load: () => import('./grant.js') },
  { name: 'revoke', summary: 'Take a grant back, at once', load: () => import('./revoke.js') },
  {
    name: 'proposals',
    summary: 'List, accept or decline the grants that capabilities ask for',
    load: () => import('./proposals/index.js'),
  },
  {
    name: 'secret',
    summary: 'Set, list or delete the secrets of a capability',
    load: () => import('./secret/index.js'),
  },
  { name: 'trust', summary: 'Show what changed in a folder, and trust it', load: () => import('./trust.js') },
  {
    name: 'versions',
    summary: 'List what was trusted of a capability',
    load: () => import('./versions.js'),
  },
  {
    name: 'restore',
    summary: 'Put the files of a trusted version back',
    load: () => import('./restore.js'),
  },
  { name: 'enable', summary: 'Let a capability run', load: () => import('./enable.js') },
  { name: 'disable', summary: 'Let a capability run no more', load: () => import('./disable.js') },
  {
    name: 'remove',
    summary: 'Remove a capability with all that is its own',
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
    notes:
      'A capability is a folder with a manifest.json and a program: an agent, a bot, a script. A run of it gets the credentials that were granted to it, its own secrets and its own storage, and nothing else. What it says is kept, without secrets.',
    examples: [
      ['sigilforge capability create weather', 'write a first one, in Python'],
      ['sigilforge capability add ./weather', 'register it'],
      ['sigilforge capability grant weather auth://github/work/token', 'grant it a token'],
      [`sigilforge capability run weather --args '{"city":"Bern"}'`, 'run it'],
    ],
    seeAlso: ['sigilforge runs', 'sigilforge audit'],
  });
}
