import type { Command } from 'commander';
import { withClient } from '../../access/client.js';
import { showSlots, vaultStatus } from '../../access/vault.js';
import type { Context } from '../../arguments/context.js';
import { addNotes } from '../../arguments/help.js';

export function configure(command: Command, context: Context): void {
  command.action(() => status(context));
  addNotes(command, {
    examples: [
      ['sigilforge vault status', 'its state, and its slots with their ids'],
      ['sigilforge vault status --json', 'the same for a program'],
    ],
    seeAlso: ['sigilforge vault unlock', 'sigilforge vault remove-slot'],
  });
}

async function status(context: Context): Promise<void> {
  const { output } = context;
  const vault = await withClient(context, vaultStatus);
  output.result(vault, () => {
    output.record({ state: vault.state, key_source: vault.key_source });
    showSlots(output, vault.slots);
  });
  if (vault.warning !== null) output.warn(vault.warning);
}
