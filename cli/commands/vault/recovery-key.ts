import type { Command } from 'commander';
import { withClient } from '../../access/client.js';
import type { Context } from '../../arguments/context.js';
import { addNotes } from '../../arguments/help.js';

export function configure(command: Command, context: Context): void {
  command.action(() => makeRecoveryKey(context));
  addNotes(command, {
    notes: 'It opens the vault like a password: type it at sigilforge vault unlock.',
    examples: [
      ['sigilforge vault recovery-key', 'print a new one'],
      ['sigilforge vault recovery-key | lp', 'put it on paper'],
    ],
    seeAlso: ['sigilforge vault unlock'],
  });
}

async function makeRecoveryKey(context: Context): Promise<void> {
  const { output } = context;
  const result = await withClient(context, (client) => client.vaultRecoveryKey());
  output.result(result, () => output.value(result.recovery_key));
  output.notice(
    'Write it down and keep it safe: it is shown only once. Earlier recovery keys no longer work.',
  );
}
