import type { Command } from 'commander';
import { withClient } from '../../access/client.js';
import { showSlots } from '../../access/vault.js';
import type { Context } from '../../arguments/context.js';
import { addNotes } from '../../arguments/help.js';
import { readNewPassword } from '../../terminal/secret-input.js';

interface Options {
  readonly only?: boolean;
}

export function configure(command: Command, context: Context): void {
  command
    .option('--only', 'make this password (and a recovery key) the only way in')
    .action((options: Options) => setPassword(context, options));
  addNotes(command, {
    readsValue: true,
    notes:
      'The password is asked for, or read from standard input. With --only every new process starts locked.',
    examples: [
      ['sigilforge vault set-password', 'set it, or change it'],
      ['sigilforge vault set-password --only', 'and remove the key in the keychain or in the key file'],
    ],
    seeAlso: ['sigilforge vault recovery-key', 'sigilforge vault unlock'],
  });
}

async function setPassword(context: Context, { only = false }: Options): Promise<void> {
  const { output } = context;
  const password = await readNewPassword('New password of the vault');
  const result = await withClient(context, (client) =>
    output.waiting('Setting the password…', client.vaultSetPassword({ password, only })),
  );
  output.result(result, () => showSlots(output, result.slots));
  output.notice(only ? 'Only this password opens the vault now.' : 'This password opens the vault now.');
}
