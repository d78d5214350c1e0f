import type { Sqlite, Statement } from './sqlite.js';

/** A capability's row. Times are ISO 8601 in UTC. */
export interface StoredCapability {
  readonly id: string;
  readonly name: string;
  readonly path: string;
  readonly active: boolean;
  /** Whether a bot was started, or stopped; what is not a bot stays `created`. */
  readonly service: ServiceWish;
  readonly createdAt: string;
  readonly updatedAt: string;
}

/** What a person wants of a bot. */
export type ServiceWish = 'created' | 'started' | 'stopped';

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

const COLUMNS = 'id, name, path, active, service, created_at, updated_at';

interface CapabilityRow {
  readonly id: string;
  readonly name: string;
  readonly path: string;
  readonly active: number;
  readonly service: ServiceWish;
  readonly created_at: string;
  readonly updated_at: string;
}

interface VersionRow {
  readonly id: string;
  readonly capability_id: string;
  readonly number: number;
  readonly version: string;
  readonly manifest: string;
  readonly digest: string;
  readonly trusted_at: string;
  readonly seal: Buffer;
}

interface FileRow {
  readonly path: string;
  readonly sha256: string;
  readonly size: number;
  readonly executable: number;
}

/** What a list of versions says about one. */
export type ListedVersion = Omit<StoredVersion, 'capabilityId' | 'digest' | 'seal'> & {
  readonly fileCount: number;
};

/** SQL for capabilities, their versions and files. Changes are made inside `Sqlite.write`. */
export class CapabilityStore {
  readonly #find: Statement<[string], CapabilityRow>;
  readonly #all: Statement<[], CapabilityRow>;
  readonly #insert: Statement<[CapabilityRow]>;
  readonly #setActive: Statement<[number, string, string]>;
  readonly #setService: Statement<[ServiceWish, string]>;
  readonly #remove: Statement<[string]>;
  readonly #latest: Statement<[string], VersionRow>;
  readonly #version: Statement<[string, number], VersionRow>;
  readonly #versions: Statement<[string], VersionRow & { files: number }>;
  readonly #insertVersion: Statement<[VersionRow]>;
  readonly #insertFile: Statement<[FileRow & { version_id: string }]>;
  readonly #files: Statement<[string], FileRow>;
  readonly #fileCount: Statement<[string], { count: number }>;
  readonly #grants: Statement<[string], { grant: string; granted_at: string }>;
  readonly #secrets: Statement<[string], { key: string }>;

  constructor(db: Sqlite) {
    this.#find = db.prepare(`SELECT ${COLUMNS} FROM capabilities WHERE name = ?`);
    this.#all = db.prepare(`SELECT ${COLUMNS} FROM capabilities ORDER BY name`);
    this.#insert = db.prepare(
      `INSERT INTO capabilities (${COLUMNS})
        VALUES (@id, @name, @path, @active, @service, @created_at, @updated_at)`,
    );
    this.#setActive = db.prepare('UPDATE capabilities SET active = ?, updated_at = ? WHERE id = ?');
    this.#setService = db.prepare('UPDATE capabilities SET service = ? WHERE id = ?');
    this.#remove = db.prepare('DELETE FROM capabilities WHERE id = ?');
    this.#latest = db.prepare(
      'SELECT * FROM capability_versions WHERE capability_id = ? ORDER BY number DESC LIMIT 1',
    );
    this.#version = db.prepare('SELECT * FROM capability_versions WHERE capability_id = ? AND number = ?');
    this.#versions =
      db.prepare(`SELECT *, (SELECT count(*) FROM capability_files WHERE version_id = v.id) AS files
      FROM capability_versions v WHERE capability_id = ? ORDER BY number DESC`);
    this.#insertVersion = db.prepare(`INSERT INTO capability_versions
      VALUES (@id, @capability_id, @number, @version, @manifest, @digest, @trusted_at, @seal)`);
    this.#insertFile = db.prepare(
      'INSERT INTO capability_files VALUES (@version_id, @path, @sha256, @size, @executable)',
    );
    this.#files = db.prepare(
      'SELECT path, sha256, size, executable FROM capability_files WHERE version_id = ? ORDER BY path',
    );
    this.#fileCount = db.prepare('SELECT count(*) AS count FROM capability_files WHERE version_id = ?');
    this.#grants = db.prepare(
      'SELECT "grant", granted_at FROM capability_grants WHERE capability_id = ? ORDER BY "grant"',
    );
    this.#secrets = db.prepare('SELECT key FROM capability_secrets WHERE capability_id = ?');
  }

  find(name: string): StoredCapability | undefined {
    const row = this.#find.get(name);
    return row && capabilityOf(row);
  }

  /** In the order of their names. */
  all(): StoredCapability[] {
    return this.#all.all().map(capabilityOf);
  }

  insert({ active, createdAt, updatedAt, ...rest }: StoredCapability): void {
    this.#insert.run({ ...rest, active: active ? 1 : 0, created_at: createdAt, updated_at: updatedAt });
  }

  setActive(id: string, active: boolean, now: string): void {
    this.#setActive.run(active ? 1 : 0, now, id);
  }

  setService(id: string, wish: ServiceWish): void {
    this.#setService.run(wish, id);
  }

  /** With everything that is its own. Says whether it was there. */
  remove(id: string): boolean {
    return this.#remove.run(id).changes === 1;
  }

  latestVersion(capabilityId: string): StoredVersion | undefined {
    const row = this.#latest.get(capabilityId);
    return row && versionOf(row);
  }

  version(capabilityId: string, number: number): StoredVersion | undefined {
    const row = this.#version.get(capabilityId, number);
    return row && versionOf(row);
  }

  /** The newest first. */
  versions(capabilityId: string): ListedVersion[] {
    return this.#versions.all(capabilityId).map(({ files, ...row }) => {
      const { id, number, version, manifest, trustedAt } = versionOf(row);
      return { id, number, version, manifest, trustedAt, fileCount: files };
    });
  }

  addVersion({ capabilityId, trustedAt, ...rest }: StoredVersion, files: readonly StoredFile[]): void {
    this.#insertVersion.run({ ...rest, capability_id: capabilityId, trusted_at: trustedAt });
    for (const { path, sha256, size, executable } of files)
      this.#insertFile.run({ version_id: rest.id, path, sha256, size, executable: executable ? 1 : 0 });
  }

  files(versionId: string): StoredFile[] {
    return this.#files
      .all(versionId)
      .map(({ executable, ...file }) => ({ ...file, executable: executable === 1 }));
  }

  fileCount(versionId: string): number {
    return this.#fileCount.get(versionId)?.count ?? 0;
  }

  /** What was granted, without proof: only to be shown. */
  grants(capabilityId: string): { readonly grant: string; readonly grantedAt: string }[] {
    return this.#grants.all(capabilityId).map(({ grant, granted_at }) => ({ grant, grantedAt: granted_at }));
  }

  /** The names of the secrets that are set. */
  secretKeys(capabilityId: string): ReadonlySet<string> {
    return new Set(this.#secrets.all(capabilityId).map(({ key }) => key));
  }
}

function capabilityOf({ active, created_at, updated_at, ...row }: CapabilityRow): StoredCapability {
  return { ...row, active: active === 1, createdAt: created_at, updatedAt: updated_at };
}

function versionOf({ capability_id, trusted_at, ...row }: VersionRow): StoredVersion {
  return { ...row, capabilityId: capability_id, trustedAt: trusted_at };
}
