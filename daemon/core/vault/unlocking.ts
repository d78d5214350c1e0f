import { asSigilforgeError, SigilforgeError } from '../../../shared/errors.js';
import type { StoredSlot } from '../store/vault.js';
import type { KeyRing } from './key-ring.js';
import { damagedSlot } from './slots/damaged-slot.js';
import { passwordKey, readPasswordParams } from './slots/password.js';
import { parseRecoveryKey, recoverySlotKey } from './slots/recovery-key.js';
import { needsPerson, openSlot } from './slots/slots.js';
import type { Vault } from './vault.js';

/**
 * The keys, by a password or a recovery key; `undefined` if the text is neither. Throws `not_found` if the vault has no such
 * slot, and `integrity` if the text fits no other slot and one is damaged, which it might have fitted.
 */
export async function openByText(vault: Vault, text: string): Promise<KeyRing | undefined> {
  const all = vault.store.slots();
  const slots = all.filter(needsPerson);
  if (slots.length === 0) {
    throw new SigilforgeError('not_found', 'This vault has no password and no recovery key.', {
      hint: 'Set one with: sigilforge vault set-password',
    });
  }
  let damaged: SigilforgeError | undefined;
  for (const slot of slots) {
    try {
      const key = await keyOf(slot, text);
      const ring = key && tryKey(vault, slot, key);
      if (ring) return ring;
    } catch (thrown) {
      if (asSigilforgeError(thrown).kind !== 'integrity') throw thrown;
      damaged ??= damagedSlot(slot, all, thrown);
    }
  }
  if (damaged) throw damaged;
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
