import { SigilforgeError } from '../../../../shared/errors.js';
import type { StoredSlot } from '../../store/vault.js';

/** The slot is named, so that it can be removed if another one of `slots`, which are all of the vault, opens it as well. */
export function damagedSlot(
  { id, kind }: StoredSlot,
  slots: readonly StoredSlot[],
  cause: unknown,
): SigilforgeError {
  return new SigilforgeError('integrity', `A way to open this vault (${kind}, slot ${id}) is damaged.`, {
    hint:
      slots.length > 1
        ? `Open the vault in another way, and then remove this one: sigilforge vault remove-slot ${id}`
        : 'Restore the data folder together with its keychain item or key file; or move the data folder away and read an export: sigilforge vault import FILE',
    cause,
  });
}
