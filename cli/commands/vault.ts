import type { Command } from 'commander';
import type { ResultOf } from '../../shared/contract/index.js';
import { withClient } from '../access/client.js';
import type { Context } from '../arguments/context.js';
import { addNotes } from '../arguments/help.js';
import { readNewPassword } from '../terminal/new-password.js';
import { configureLock, configureUnlock } from './vault-lock.js';
import { configureExport, configureImport } from './vault-transfer.js';

type Slots = ResultOf<'vault_set_password'>['slots'];
type Configure = (command: Command, context: Context) => void;

export function configure(command: Command, context: Context): void {
  const add = (name: string, summary: string, configureOne: Configure): void =>
    configureOne(command.command(name).summary(summary).description(`${summary}.`), context);
  add('status', 'Show whether the vault is open, and what opens it', configureStatus);
  add('unlock', 'Open the vault again', configureUnlock);
  add('lock', 'Drop keys and tokens from memory, until it is unlocked', configureLock);
  add('set-password', 'Set a password that opens the vault, or change it', configureSetPassword);
  add('recovery-key', 'Make a recovery key, and print it this once', configureRecoveryKey);
  add('remove-slot', 'Remove a way to open the vault', configureRemoveSlot);
  add('rotate', 'Make a new data key, and seal everything anew', configureRotate);
  add('export', 'Write secrets and providers into one encrypted file', configureExport);
  add('import', 'Store what an exported file holds', configureImport);
  addNotes(command, {
    examples: [
      ['sigilforge vault status', 'is it open, and by what?'],
      ['sigilforge vault set-password', 'let a password open it too'],
      ['sigilforge vault recovery-key', 'for the day on which the password is forgotten'],
    ],
    seeAlso: ['sigilforge status'],
  });
}

function configureStatus(command: Command, context: Context): void {
  const { output } = context;
  command.action(async () => {
    const found = await withClient(context, (client) => client.vaultStatus());
    output.result(found, () => {
      output.record({ state: found.state, key_source: found.key_source });
      showSlots(context, found.slots);
    });
  });
  addNotes(command, {
    examples: [
      ['sigilforge vault status', 'its state, and its slots with their ids'],
      ['sigilforge vault status --json', 'the same for a program'],
    ],
    seeAlso: ['sigilforge vault unlock', 'sigilforge vault remove-slot'],
  });
}

function configureSetPassword(command: Command, context: Context): void {
  const { output } = context;
  command
    .option('--only', 'let nothing else open it any more, but for a recovery key')
    .action(async ({ only = false }: { only?: boolean }) => {
      const password = await readNewPassword('New password of the vault');
      const result = await withClient(context, (client) =>
        output.waiting('Setting the password…', client.vaultSetPassword({ password, only })),
      );
      output.result(result, () => showSlots(context, result.slots));
      output.notice(only ? 'Only this password opens the vault now.' : 'This password opens the vault now.');
    });
  addNotes(command, {
    notes:
      'The password is asked for, or read from standard input. With --only every new process starts locked.',
    examples: [
      ['sigilforge vault set-password', 'set it, or change it'],
      ['sigilforge vault set-password --only', 'and remove the key in the keychain or in the key file'],
    ],
    seeAlso: ['sigilforge vault recovery-key', 'sigilforge vault unlock'],
  });
}

function configureRecoveryKey(command: Command, context: Context): void {
  const { output } = context;
  command.action(async () => {
    const result = await withClient(context, (client) => client.vaultRecoveryKey());
    output.result(result, () => output.value(result.recovery_key));
    output.notice('Write it down and keep it safe: it is shown this once. An earlier one opens nothing now.');
  });
  addNotes(command, {
    notes: 'It opens the vault wherever a password would: type it at sigilforge vault unlock.',
    examples: [
      ['sigilforge vault recovery-key', 'print a new one'],
      ['sigilforge vault recovery-key | lp', 'put it on paper'],
    ],
    seeAlso: ['sigilforge vault unlock'],
  });
}

function configureRemoveSlot(command: Command, context: Context): void {
  const { output } = context;
  command.argument('<ID>', 'the slot, as vault status lists it').action(async (id: string) => {
    const result = await withClient(context, (client) => client.vaultRemoveSlot({ id }));
    output.result(result, () => showSlots(context, result.slots));
  });
  addNotes(command, {
    notes: 'The last way to open the vault is never removed.',
    examples: [
      [
        'sigilforge vault remove-slot 0197a9b2-5d5c-7cc0-8000-000000000001',
        'that slot opens nothing any more',
      ],
    ],
    seeAlso: ['sigilforge vault status'],
  });
}

function configureRotate(command: Command, context: Context): void {
  const { output } = context;
  command.action(async () => {
    const result = await withClient(context, (client) =>
      output.waiting('Sealing everything anew…', client.vaultRotate()),
    );
    output.result(result, () => output.record(result));
  });
  addNotes(command, {
    notes: 'Tokens stay available meanwhile. A rotation that was cut off is taken up again by the next one.',
    examples: [['sigilforge vault rotate', 'after somebody may have seen the old key']],
    seeAlso: ['sigilforge vault status'],
  });
}

function showSlots({ output }: Context, slots: Slots): void {
  output.table(
    ['id', 'kind', 'created at'],
    slots.map(({ id, kind, created_at }) => [id, kind, created_at]),
  );
}
