import { SigilforgeError } from '../../../../shared/errors.js';
import type { StoredSlot } from '../../store/vault.js';

/** Another slot opens the vault as well; this one is named, so that it can be removed. */
export function damagedSlot({ id, kind }: StoredSlot, cause: unknown): SigilforgeError {
  return new SigilforgeError('integrity', `A way to open this vault (${kind}, slot ${id}) is damaged.`, {
    hint: `Open the vault in another way, and then remove this one: sigilforge vault remove-slot ${id}`,
    cause,
  });
}
