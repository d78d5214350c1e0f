import { generateSlotPair, unwrapKey, wrapKey } from '../../sealing/envelope.js';
import { place } from '../../sealing/places.js';
import { open, seal } from '../../sealing/sealing.js';
import type { SlotKind, StoredSlot, WrappedKey } from '../../store/vault.js';

/** An open slot: it unwraps every data key that is wrapped for it, also those of later rotations. */
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

/** Whether a person must type something to open a slot. */
export function needsPerson({ kind }: { readonly kind: SlotKind }): boolean {
  return kind === 'password' || kind === 'recovery';
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
): { stored: StoredSlot; keys: WrappedKey[]; slot: OpenSlot } {
  const { privateKey, publicKey } = generateSlotPair();
  const current = dataKeys[dataKeys.length - 1] as DataKey;
  return {
    stored: {
      id,
      kind,
      privateKey: seal(key, id, { vault, ...place.slotPrivateKey(id) }, privateKey),
      publicKey: seal(current.key, current.id, { vault, ...place.slotPublicKey(id) }, publicKey),
      params: params ?? null,
      createdAt: now,
    },
    keys: dataKeys.map((dataKey) => wrapFor({ vault, id, publicKey }, dataKey)),
    slot: { vault, id, kind, privateKey },
  };
}

/** Opens a slot with its own key. Throws `integrity` for any other key. */
export function openSlot(vault: string, { id, kind, privateKey }: StoredSlot, key: Buffer): OpenSlot {
  return { vault, id, kind, privateKey: open(key, { vault, ...place.slotPrivateKey(id) }, privateKey) };
}

export function wrapFor(
  { vault, id, publicKey }: { vault: string; id: string; publicKey: Buffer },
  { id: keyId, key }: DataKey,
): WrappedKey {
  return {
    slotId: id,
    keyId,
    wrapped: wrapKey(publicKey, keyId, { vault, ...place.wrappedKey(id, keyId) }, key),
  };
}

export function unwrapFor({ vault, id, privateKey }: OpenSlot, { keyId, wrapped }: WrappedKey): Buffer {
  return unwrapKey(privateKey, { vault, ...place.wrappedKey(id, keyId) }, wrapped);
}
