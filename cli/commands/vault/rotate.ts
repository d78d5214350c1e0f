import type { Command } from 'commander';
import { withClient } from '../../access/client.js';
import type { Context } from '../../arguments/context.js';
import { addNotes } from '../../arguments/help.js';

export function configure(command: Command, context: Context): void {
  command.action(() => rotate(context));
  addNotes(command, {
    notes: 'Tokens stay available meanwhile. A rotation that was interrupted is continued by the next one.',
    examples: [['sigilforge vault rotate', 'if the old key may have been seen by others']],
    seeAlso: ['sigilforge vault status'],
  });
}

async function rotate(context: Context): Promise<void> {
  const { output } = context;
  const result = await withClient(context, (client) =>
    output.waiting('Encrypting everything with the new key…', client.vaultRotate()),
  );
  output.result(result, () => output.record(result));
}
