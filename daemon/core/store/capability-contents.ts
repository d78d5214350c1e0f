import type { Sqlite, Statement } from './sqlite.js';

interface ContentRow {
  readonly capability_id: string;
  readonly sha256: string;
  readonly content: Buffer;
}

/**
 * SQL for the contents of trusted versions, each kept once for each capability. They are not secret, and not sealed: they lie
 * in a folder of the person's, and the seal of a version covers their hashes. Changes are made inside `Sqlite.write`.
 */
export class ContentStore {
  readonly #put: Statement<[ContentRow]>;
  readonly #find: Statement<[string, string], Pick<ContentRow, 'content'>>;
  readonly #missing: Statement<[string], { count: number }>;

  constructor(db: Sqlite) {
    // One that was damaged is mended; one that is as it was costs no writing.
    this.#put = db.prepare(`INSERT INTO capability_contents VALUES (@capability_id, @sha256, @content)
      ON CONFLICT DO UPDATE SET content = @content WHERE content IS NOT @content`);
    this.#find = db.prepare('SELECT content FROM capability_contents WHERE capability_id = ? AND sha256 = ?');
    this.#missing = db.prepare(`SELECT count(*) AS count
      FROM capability_versions v JOIN capability_files f ON f.version_id = v.id
      LEFT JOIN capability_contents c ON c.capability_id = v.capability_id AND c.sha256 = f.sha256
      WHERE v.id = ? AND c.sha256 IS NULL`);
  }

  /** `contents`: by their SHA-256 in hexadecimal. */
  put(capabilityId: string, contents: ReadonlyMap<string, Buffer>): void {
    for (const [sha256, content] of contents) this.#put.run({ capability_id: capabilityId, sha256, content });
  }

  find(capabilityId: string, sha256: string): Buffer | undefined {
    return this.#find.get(capabilityId, sha256)?.content;
  }

  /** Whether every content of a version is there. */
  hasAllOf(versionId: string): boolean {
    return this.#missing.get(versionId)?.count === 0;
  }
}
