import type { Core } from '../core/core.js';
import type { Handlers } from './handlers.js';

type Methods =
  | 'vault_status'
  | 'unlock'
  | 'lock'
  | 'vault_set_password'
  | 'vault_add_keychain'
  | 'vault_recovery_key'
  | 'vault_remove_slot'
  | 'vault_rotate';

export function vaultHandlers({ vaultKeys }: Core): Pick<Handlers, Methods> {
  return {
    vault_status: () => vaultKeys.status(),
    unlock: async ({ password }, peer) => ({ state: await vaultKeys.unlock(password, peer) }),
    lock: async () => ({ state: await vaultKeys.lock() }),
    vault_set_password: async ({ password, only }) => ({
      slots: await vaultKeys.setPassword(password, { only }),
    }),
    vault_add_keychain: async () => ({ slots: await vaultKeys.addKeychain() }),
    vault_recovery_key: async () => ({ recovery_key: await vaultKeys.makeRecoveryKey() }),
    vault_remove_slot: async ({ id }) => ({ slots: await vaultKeys.removeSlot(id) }),
    vault_rotate: () => vaultKeys.rotate(),
  };
}
