import * as v from 'valibot';
import { Text, Timestamp, Uuid } from '../schemas.js';
import { method } from './types.js';

/** A way to open the vault. */
export const VaultSlot = v.object({
  id: Uuid,
  kind: v.picklist(['keychain', 'credential', 'password', 'recovery', 'key_file']),
  created_at: Timestamp,
});
export type VaultSlot = v.InferOutput<typeof VaultSlot>;

export const VaultState = v.picklist(['unlocked', 'locked']);

export const vault = {
  vault_status: method(
    'Reports whether the vault is locked, and the ways to open it.',
    {},
    v.object({
      state: VaultState,
      key_source: v.nullable(v.string()),
      slots: v.array(VaultSlot),
      warning: v.nullable(v.string()),
    }),
  ),
  unlock: method('Unlocks the vault.', { password: v.optional(Text) }, v.object({ state: VaultState })),
  lock: method(
    'Drops keys and tokens from memory, as soon as no exchange with a provider is in progress.',
    {},
    v.object({ state: VaultState }),
  ),
  vault_set_password: method(
    'Adds a password that opens the vault, or changes it. `only` removes every other way except a recovery key.',
    { password: Text, only: v.optional(v.boolean(), false) },
    v.object({ slots: v.array(VaultSlot) }),
  ),
  vault_add_keychain: method(
    'Adds a key in the keychain that opens the vault. It must come back from the keychain before it is relied on.',
    {},
    v.object({ slots: v.array(VaultSlot) }),
  ),
  vault_recovery_key: method(
    'Makes a recovery key, which is shown only this once. Earlier recovery keys no longer work.',
    {},
    v.object({ recovery_key: v.string() }),
  ),
  vault_remove_slot: method(
    'Removes a way to open the vault, but never the last one.',
    { id: Uuid },
    v.object({ slots: v.array(VaultSlot) }),
  ),
  vault_rotate: method(
    'Makes a new data key and encrypts everything again with it.',
    {},
    v.object({ key_id: Uuid, resealed: v.number() }),
  ),
};
