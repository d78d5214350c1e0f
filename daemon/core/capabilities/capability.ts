import type { Manifest } from '../../../shared/manifest.js';
import type { StoredCapability, StoredVersion } from '../store/capabilities.js';

/** A capability with the version that runs. */
export interface Capability extends StoredCapability {
  /** As it is stored: `Trust.ready` proves that a person trusted it. */
  readonly stored: StoredVersion;
  readonly manifest: Manifest;
}
