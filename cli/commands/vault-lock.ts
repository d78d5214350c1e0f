import type { Command } from 'commander';
import type { SigilforgeClient } from '../../client/index.js';
import type { ResultOf, VaultSlot } from '../../shared/contract/index.js';
import { SigilforgeError } from '../../shared/errors.js';
import { withClient } from '../access/client.js';
import { badArgument, type Context } from '../arguments/context.js';
import { addNotes } from '../arguments/help.js';
import { readSecret } from '../terminal/prompt.js';

/** What is thrown where the slots that open by themselves do not. */
const CLOSED = new Set(['vault_locked', 'keychain_unavailable', 'integrity', 'denied', 'timeout']);

export function configureLock(command: Command, context: Context): void {
  const { output } = context;
  command.action(async () => {
    const { result, slots } = await withDaemon(context, async (client) => ({
      result: await client.lock(),
      ...(await client.vaultStatus()),
    }));
    output.result(result, () => output.notice('The vault is locked.'));
    if (slots.every(isByPerson)) return;
    const ways = slots.filter((slot) => !isByPerson(slot)).map(({ kind }) => kind.replace('_', ' '));
    output.warn(
      `This guards against accident only: the ${ways.join(' and the ')} opens it again without anybody being asked. ` +
        'Have a password alone open it with: sigilforge vault set-password --only',
    );
  });
  addNotes(command, {
    notes: 'An exchange with a provider that is under way is finished first, so that no grant is lost.',
    examples: [['sigilforge vault lock', 'hand out nothing until it is unlocked']],
    seeAlso: ['sigilforge vault unlock', 'sigilforge vault set-password'],
  });
}

export function configureUnlock(command: Command, context: Context): void {
  const { output } = context;
  command.action(async () => {
    const result = await withDaemon(context, unlock);
    output.result(result, () => output.notice('The vault is open.'));
  });
  addNotes(command, {
    notes:
      'Where it has a password, that is asked for or read from standard input; a recovery key does as well.',
    examples: [
      ['sigilforge vault unlock', 'open it again'],
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
    if (!(isClosed && slots.some(isByPerson))) throw thrown;
    return unlockByText(client);
  }
}

async function unlockByText(client: SigilforgeClient): Promise<ResultOf<'unlock'>> {
  return client.unlock({ password: await readSecret('Password of the vault, or its recovery key') });
}

function isByPerson({ kind }: VaultSlot): boolean {
  return kind === 'password' || kind === 'recovery';
}

/** What is dropped from memory or kept there is the daemon's. */
function withDaemon<T>(context: Context, use: (client: SigilforgeClient) => Promise<T>): Promise<T> {
  if (context.direct)
    throw badArgument('vault lock and vault unlock are for the daemon, so --direct rules them out.');
  return withClient({ ...context, fallback: false }, use);
}
