import type { SigilforgeClient } from '../../client/index.js';
import type { ResultOf, VaultSlot } from '../../shared/contract/index.js';
import { badArgument, type Context } from '../arguments/context.js';
import type { Output } from '../terminal/output.js';
import { withClient } from './client.js';

/** The vault's status, with advice that helps in this session. */
export async function vaultStatus(client: SigilforgeClient): Promise<ResultOf<'vault_status'>> {
  const vault = await client.vaultStatus();
  if (vault.warning === null || client.via === 'direct') return vault;
  const { adviceHere } = await import('../../client/other-session.js');
  const { socket } = await client.status();
  return socket === null ? vault : { ...vault, warning: await adviceHere(vault.warning, socket) };
}

/** Prints the ways to open the vault. */
export function showSlots(output: Output, slots: readonly VaultSlot[]): void {
  output.table(
    ['id', 'kind', 'created at'],
    slots.map(({ id, kind, created_at }) => [id, kind, created_at]),
  );
}

/** Whether a person must type something to open this slot. */
export function needsPerson({ kind }: VaultSlot): boolean {
  return kind === 'password' || kind === 'recovery';
}

/** Locking and unlocking concern the memory of the daemon, so the library in this process cannot do it. */
export function withDaemon<T>(context: Context, use: (client: SigilforgeClient) => Promise<T>): Promise<T> {
  if (context.direct) {
    throw badArgument(
      'vault lock and vault unlock are for the daemon, so they cannot be combined with --direct.',
    );
  }
  return withClient({ ...context, fallback: false }, use);
}
