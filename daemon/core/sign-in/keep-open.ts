import { shieldFromSignals } from '../platform/signal-shield.js';
import type { Vault } from '../vault/vault.js';

/**
 * Runs an exchange with the vault open until its answer is stored: a lock or a signal takes effect afterwards. Throws if
 * the vault is locked already, and then sends nothing.
 */
export async function keepOpen<T>(vault: Vault, exchange: () => Promise<T>): Promise<T> {
  await vault.unlocked();
  return shieldFromSignals(() => vault.keepOpen(exchange));
}
