import { generateSlotPair, unwrapKey, wrapKey } from '../../sealing/envelope.js';
import { open, type Place, seal } from '../../sealing/sealing.js';
import type { SlotKind, SlotRow, WrappedKeyRow } from '../../store/vault.js';

/** A slot that was opened: it unwraps every data key that is wrapped for it, those of later rotations too. */
export interface OpenSlot {
  readonly vault: string;
  readonly id: string;
  readonly kind: SlotKind;
  readonly privateKey: Buffer;
}

/** What a new slot is made of. */
export interface SlotParts {
  readonly vault: string;
  readonly id: string;
  readonly kind: SlotKind;
  /** The slot's own key. */
  readonly key: Buffer;
  readonly params?: object;
  readonly now: number;
}

/** A data key with its id. */
export interface DataKey {
  readonly id: string;
  readonly key: Buffer;
}

/** A new slot for these data keys, the last of which is the current one. */
export function makeSlot(
  { vault, id, kind, key, params, now }: SlotParts,
  dataKeys: readonly [...DataKey[], DataKey],
): { row: SlotRow; keys: WrappedKeyRow[]; slot: OpenSlot } {
  const { privateKey, publicKey } = generateSlotPair();
  const current = dataKeys[dataKeys.length - 1] as DataKey;
  return {
    row: {
      id,
      kind,
      private_key: seal(key, id, privateKeyPlace(vault, id), privateKey),
      public_key: seal(current.key, current.id, { vault, ...publicKeyPlace(id) }, publicKey),
      params: params ? JSON.stringify(params) : null,
      created_at: now,
    },
    keys: dataKeys.map((dataKey) => wrapFor({ vault, id, publicKey }, dataKey)),
    slot: { vault, id, kind, privateKey },
  };
}

/** Opens a slot by its own key. Throws `integrity` where that is not its key. */
export function openSlot(vault: string, { id, kind, private_key }: SlotRow, key: Buffer): OpenSlot {
  return { vault, id, kind, privateKey: open(key, privateKeyPlace(vault, id), private_key) };
}

export function wrapFor(
  { vault, id, publicKey }: { vault: string; id: string; publicKey: Buffer },
  { id: keyId, key }: DataKey,
): WrappedKeyRow {
  return {
    slot_id: id,
    key_id: keyId,
    wrapped: wrapKey(publicKey, keyId, wrappedPlace(vault, id, keyId), key),
  };
}

export function unwrapFor({ vault, id, privateKey }: OpenSlot, { key_id, wrapped }: WrappedKeyRow): Buffer {
  return unwrapKey(privateKey, wrappedPlace(vault, id, key_id), wrapped);
}

export function publicKeyPlace(slotId: string): Omit<Place, 'vault'> {
  return { table: 'key_slots', row: slotId, column: 'public_key' };
}

function privateKeyPlace(vault: string, slotId: string): Place {
  return { vault, table: 'key_slots', row: slotId, column: 'private_key' };
}

function wrappedPlace(vault: string, slotId: string, keyId: string): Place {
  return { vault, table: 'wrapped_keys', row: `${slotId}/${keyId}`, column: 'wrapped' };
}
