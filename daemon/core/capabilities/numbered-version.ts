import { SigilforgeError } from '../../../shared/errors.js';
import type { CapabilityStore, StoredCapability, StoredVersion } from '../store/capabilities.js';

/** A version of a capability by its number. Throws `not_found`. */
export function numberedVersion(
  store: CapabilityStore,
  { id, name }: Pick<StoredCapability, 'id' | 'name'>,
  number: number,
): StoredVersion {
  const version = store.version(id, number);
  if (version) return version;
  throw new SigilforgeError('not_found', `${name} has no version ${number}.`, {
    hint: `List its versions with: sigilforge capability versions ${name}`,
  });
}
