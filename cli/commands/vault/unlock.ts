import type { Command } from 'commander';
import type { SigilforgeClient } from '../../../client/index.js';
import type { ResultOf } from '../../../shared/contract/index.js';
import { type ErrorKind, SigilforgeError } from '../../../shared/errors.js';
import { needsPerson, withDaemon } from '../../access/vault.js';
import type { Context } from '../../arguments/context.js';
import { addNotes } from '../../arguments/help.js';
import { readSecret } from '../../terminal/secret-input.js';

/** The errors if the slots that open without a person do not open. */
const CLOSED: ReadonlySet<ErrorKind> = new Set<ErrorKind>([
  'vault_locked',
  'keychain_unavailable',
  'integrity',
  'denied',
  'timeout',
]);

export function configure(command: Command, context: Context): void {
  const { output } = context;
  command.action(async () => {
    const result = await withDaemon(context, unlock);
    output.result(result, () => output.notice('The vault is unlocked.'));
  });
  addNotes(command, {
    readsValue: true,
    notes:
      'If the vault has a password, it is asked for or read from standard input. A recovery key works too.',
    examples: [
      ['sigilforge vault unlock', 'unlock it'],
      ['pass show vault | sigilforge vault unlock', 'with the password from another program'],
    ],
    seeAlso: ['sigilforge vault lock', 'sigilforge vault recovery-key'],
  });
}

async function unlock(client: SigilforgeClient): Promise<ResultOf<'unlock'>> {
  const { slots } = await client.vaultStatus();
  if (slots.some(({ kind }) => kind === 'password')) return unlockByText(client);
  try {
    return await client.unlock();
  } catch (thrown) {
    const isClosed = thrown instanceof SigilforgeError && CLOSED.has(thrown.kind);
    if (!(isClosed && slots.some(needsPerson))) throw thrown;
    return unlockByText(client);
  }
}

async function unlockByText(client: SigilforgeClient): Promise<ResultOf<'unlock'>> {
  return client.unlock({ password: await readSecret('Password or recovery key of the vault') });
}
