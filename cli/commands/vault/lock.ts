import type { Command } from 'commander';
import { needsPerson, withDaemon } from '../../access/vault.js';
import type { Context } from '../../arguments/context.js';
import { addNotes } from '../../arguments/help.js';

export function configure(command: Command, context: Context): void {
  command.action(() => lock(context));
  addNotes(command, {
    notes: 'An exchange with a provider that is under way is finished first, so that no grant is lost.',
    examples: [['sigilforge vault lock', 'hand out nothing until it is unlocked']],
    seeAlso: ['sigilforge vault unlock', 'sigilforge vault set-password'],
  });
}

async function lock(context: Context): Promise<void> {
  const { output } = context;
  const { result, slots } = await withDaemon(context, async (client) => ({
    result: await client.lock(),
    ...(await client.vaultStatus()),
  }));
  output.result(result, () => output.notice('The vault is locked.'));
  const automatic = slots.filter((slot) => !needsPerson(slot)).map(({ kind }) => kind.replace('_', ' '));
  if (automatic.length === 0) return;
  output.warn(
    `This guards against accident only: the ${automatic.join(' and the ')} opens the vault again without a question. ` +
      'To require a password, run: sigilforge vault set-password --only',
  );
}
