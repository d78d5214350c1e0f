import { asSigilforgeError, SigilforgeError } from '../../../shared/errors.js';
import { Secret } from '../../../shared/secret.js';
import { place } from '../sealing/places.js';
import type { StoredCapability, StoredFile, StoredVersion } from '../store/capabilities.js';
import type { Sealer } from '../vault/vault.js';
import { digestOf } from './folder.js';

/** A version with the proof that a person trusted it. Inside the transaction that stores it. */
export function sealVersion(sealer: Sealer, version: Omit<StoredVersion, 'seal'>): StoredVersion {
  return { ...version, seal: sealer.seal(place.capabilityVersion(version), new Secret('')) };
}

/** Throws `integrity` unless a person trusted this version with these files. */
export function assertTrusted(
  sealer: Sealer,
  { name }: Pick<StoredCapability, 'name'>,
  version: StoredVersion,
  files: readonly StoredFile[],
): void {
  try {
    sealer.open(place.capabilityVersion(version), version.seal);
  } catch (thrown) {
    throw asSigilforgeError(thrown).kind === 'integrity' ? altered(name, thrown) : thrown;
  }
  if (digestOf(files) !== version.digest) throw altered(name);
}

function altered(name: string, cause?: unknown): SigilforgeError {
  return new SigilforgeError(
    'integrity',
    `What is stored about the capability ${name} is not what was trusted.`,
    {
      hint: `Remove it with: sigilforge capability remove ${name}. Then add it again.`,
      cause,
    },
  );
}
