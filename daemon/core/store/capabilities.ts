/** A capability's row. Times are ISO 8601 in UTC. */
export interface StoredCapability {
  readonly id: string;
  readonly name: string;
  readonly path: string;
  readonly active: boolean;
  readonly createdAt: string;
  readonly updatedAt: string;
}

/** What was trusted of a capability once. `digest` covers every file; `seal` is bound to all of it. */
export interface StoredVersion {
  readonly id: string;
  readonly capabilityId: string;
  readonly number: number;
  readonly version: string;
  /** The text of its manifest. */
  readonly manifest: string;
  readonly digest: string;
  readonly trustedAt: string;
  readonly seal: Buffer;
}

/** A file of a version; `sha256` in hexadecimal. */
export interface StoredFile {
  readonly path: string;
  readonly sha256: string;
  readonly size: number;
  readonly executable: boolean;
}

export interface StoredGrant {
  readonly id: string;
  readonly capabilityId: string;
  readonly grant: string;
  readonly grantedAt: string;
  readonly seal: Buffer;
}

/** A secret of a capability; `value` is sealed. */
export interface StoredOwnSecret {
  readonly id: string;
  readonly capabilityId: string;
  readonly key: string;
  readonly value: Buffer;
  readonly createdAt: string;
  readonly updatedAt: string;
}

/** A value that a capability keeps; `value` is sealed JSON of `bytes` bytes. */
export interface StoredItem {
  readonly id: string;
  readonly capabilityId: string;
  readonly key: string;
  readonly value: Buffer;
  readonly bytes: number;
  readonly version: number;
  readonly createdAt: string;
  readonly updatedAt: string;
}
