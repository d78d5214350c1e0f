import { randomBytes } from 'node:crypto';
import { newId } from '../platform/id.js';
import { NEWEST, place } from '../sealing/places.js';
import { KEY_BYTES, seal } from '../sealing/sealing.js';
import type { Env } from '../store/env.js';
import type { VaultStore } from '../store/vault.js';
import type { KeySource } from './slots/key-source.js';
import { makeSlot } from './slots/slots.js';

/**
 * Makes a new vault, with its data key wrapped for a slot that has a new key from `source`. The key is safely kept before
 * the slot is stored, so that a stored slot never names a key that does not exist. The caller holds the instance lease.
 */
export async function createVault({ clock, db }: Env, store: VaultStore, source: KeySource): Promise<void> {
  const [vault, slotId] = [newId(), newId()];
  const dataKey = { id: newId(), key: randomBytes(KEY_BYTES) };
  const key = await source.create(vault, slotId);
  const now = clock.wall();
  const fingerprintPlace = { vault, ...place.fingerprintKey(NEWEST) };
  const fingerprintKey = seal(dataKey.key, dataKey.id, fingerprintPlace, randomBytes(KEY_BYTES));
  const { stored, keys } = makeSlot({ vault, id: slotId, kind: source.kind, key, now }, [dataKey]);
  try {
    await db.write(() => {
      store.createVault({
        id: vault,
        currentKeyId: dataKey.id,
        fingerprintKey,
        locked: false,
        createdAt: now,
      });
      store.addSlot(stored, keys);
    });
  } catch (thrown) {
    await source.discard(vault, slotId);
    throw thrown;
  }
}
