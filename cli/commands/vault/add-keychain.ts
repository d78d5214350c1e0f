import type { Command } from 'commander';
import { withClient } from '../../access/client.js';
import { showSlots } from '../../access/vault.js';
import type { Context } from '../../arguments/context.js';
import { addNotes } from '../../arguments/help.js';

export function configure(command: Command, context: Context): void {
  command.action(() => addKeychain(context));
  addNotes(command, {
    notes:
      'Every other way to open the vault stays. To move a vault from its key file to the keychain, add the keychain, then remove the slot of the key file: the file goes with it.',
    examples: [
      ['sigilforge vault add-keychain', 'let the keychain of this session open it too'],
      [
        'sigilforge vault remove-slot 0197a9b2-5d5c-7cc0-8000-000000000001',
        'then remove the slot of the key file, and the file',
      ],
    ],
    seeAlso: ['sigilforge vault status', 'sigilforge vault remove-slot'],
  });
}

async function addKeychain(context: Context): Promise<void> {
  const { output } = context;
  const result = await withClient(context, (client) =>
    output.waiting('Waiting for the keychain…', client.vaultAddKeychain()),
  );
  output.result(result, () => showSlots(output, result.slots));
  output.notice('The keychain opens the vault now.');
  const file = result.slots.find(({ kind }) => kind === 'key_file');
  if (file)
    output.notice(`The key file still opens it too. Remove it with: sigilforge vault remove-slot ${file.id}`);
}
