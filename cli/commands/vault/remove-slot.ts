import type { Command } from 'commander';
import { withClient } from '../../access/client.js';
import { showSlots } from '../../access/vault.js';
import type { Context } from '../../arguments/context.js';
import { addNotes } from '../../arguments/help.js';

export function configure(command: Command, context: Context): void {
  command
    .argument('<ID>', 'the slot, as vault status lists it')
    .action((id: string) => removeSlot(context, id));
  addNotes(command, {
    notes: 'The last way to open the vault is never removed.',
    examples: [
      [
        'sigilforge vault remove-slot 0197a9b2-5d5c-7cc0-8000-000000000001',
        'this slot no longer opens the vault',
      ],
    ],
    seeAlso: ['sigilforge vault status'],
  });
}

async function removeSlot(context: Context, id: string): Promise<void> {
  const result = await withClient(context, (client) => client.vaultRemoveSlot({ id }));
  context.output.result(result, () => showSlots(context.output, result.slots));
}
