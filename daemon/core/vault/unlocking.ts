import { SigilforgeError } from '../../../shared/errors.js';
import type { StoredSlot } from '../store/vault.js';
import type { KeyRing } from './key-ring.js';
import { passwordKey, readPasswordParams } from './slots/password.js';
import { parseRecoveryKey, recoverySlotKey } from './slots/recovery-key.js';
import { needsPerson, openSlot } from './slots/slots.js';
import type { Vault } from './vault.js';

/** The keys, by a password or a recovery key; `undefined` if the text is neither. Throws `not_found` if the vault has no such slot. */
export async function openByText(vault: Vault, text: string): Promise<KeyRing | undefined> {
  const slots = vault.store.slots().filter(needsPerson);
  if (slots.length === 0) {
    throw new SigilforgeError('not_found', 'This vault has no password and no recovery key.', {
      hint: 'Set one with: sigilforge vault set-password',
    });
  }
  for (const slot of slots) {
    const key = await keyOf(slot, text);
    const ring = key && tryKey(vault, slot, key);
    if (ring) return ring;
  }
  return undefined;
}

async function keyOf({ id, kind, params }: StoredSlot, text: string): Promise<Buffer | undefined> {
  const recovery = parseRecoveryKey(text);
  if (kind === 'recovery') return recovery && recoverySlotKey(recovery, id);
  // A text with the form and the checksum of a recovery key is not a password.
  return recovery ? undefined : passwordKey(text, readPasswordParams(params, `key slot ${id}`));
}

function tryKey(vault: Vault, slot: StoredSlot, key: Buffer): KeyRing | undefined {
  try {
    return vault.openBy(openSlot(vault.row().id, slot, key));
  } catch (thrown) {
    if (thrown instanceof SigilforgeError && thrown.kind === 'integrity') return undefined;
    throw thrown;
  }
}
