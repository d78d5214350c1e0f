import type { Command } from 'commander';
import { addCommands, addHelpCommand, type CommandEntry } from '../../arguments/command.js';
import type { Context } from '../../arguments/context.js';
import { addNotes } from '../../arguments/help.js';

const subcommands: readonly CommandEntry[] = [
  {
    name: 'status',
    summary: 'Show whether the vault is unlocked, and what opens it',
    load: () => import('./status.js'),
  },
  { name: 'unlock', summary: 'Unlock the vault', load: () => import('./unlock.js') },
  {
    name: 'lock',
    summary: 'Remove keys and tokens from memory until the vault is unlocked',
    load: () => import('./lock.js'),
  },
  {
    name: 'set-password',
    summary: 'Set or change the password that opens the vault',
    load: () => import('./set-password.js'),
  },
  {
    name: 'add-keychain',
    summary: 'Let the OS keychain open the vault',
    load: () => import('./add-keychain.js'),
  },
  {
    name: 'recovery-key',
    summary: 'Make a recovery key, and print it once',
    load: () => import('./recovery-key.js'),
  },
  {
    name: 'remove-slot',
    summary: 'Remove one way to open the vault',
    load: () => import('./remove-slot.js'),
  },
  {
    name: 'rotate',
    summary: 'Make a new data key, and encrypt everything with it',
    load: () => import('./rotate.js'),
  },
  {
    name: 'export',
    summary: 'Write secrets and providers to one encrypted file',
    load: () => import('./export.js'),
  },
  { name: 'import', summary: 'Store what an exported file contains', load: () => import('./import.js') },
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
      ['sigilforge vault status', 'is it unlocked, and what opens it?'],
      ['sigilforge vault set-password', 'let a password open it too'],
      ['sigilforge vault recovery-key', 'in case the password is forgotten'],
    ],
    seeAlso: ['sigilforge status'],
  });
}
