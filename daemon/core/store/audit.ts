import type { Sqlite, Statement } from './sqlite.js';

/** A row of the record. Times are milliseconds since 1970. */
export interface StoredRecord {
  /** Its number: one more than that of the row before it. */
  readonly seq: number;
  readonly id: string;
  readonly at: number;
  readonly uid: number | null;
  readonly pid: number | null;
  readonly executable: string | null;
  readonly script: string | null;
  readonly door: string | null;
  readonly method: string;
  readonly reference: string | null;
  readonly outcome: string;
  readonly count: number;
  readonly mac: Buffer;
}

/** A place between two rows: the number and the key of the row behind it, and the `mac` of the row before it. */
export interface Link {
  readonly seq: number;
  readonly key: Buffer;
  readonly mac: Buffer;
}

/** Where the chain begins, with its key sealed. */
export interface StoredAnchor {
  readonly id: string;
  readonly seq: number;
  readonly sealedKey: Buffer;
  readonly mac: Buffer;
  readonly since: number;
}

/** Where the chain ends, and the number of the last row that there is, 0 without one. */
export interface ChainEnd {
  readonly link: Link | undefined;
  readonly lastSeq: number;
}

/** Rows with numbers from one to another, both included; `undefined` leaves a condition out. */
export interface RecordQuery {
  readonly from: number;
  readonly to: number;
  readonly since: number | undefined;
  /** In GLOB's spelling. */
  readonly reference: string | undefined;
  /** The whole path of an executable or a script, or its last name. */
  readonly program: string | undefined;
  readonly limit: number;
}

interface AnchorRow {
  readonly id: string;
  readonly seq: number;
  readonly sealed_key: Buffer;
  readonly mac: Buffer;
  readonly since: number;
}

interface EndRow {
  readonly seq: number | null;
  readonly key: Buffer | null;
  readonly mac: Buffer | null;
  readonly last: number | null;
}

type Nullable<T> = { readonly [K in keyof T]: T[K] | null };

/** SQL for the record of releases and its chain. Changes are made inside `Sqlite.write`. */
export class AuditStore {
  readonly #insert: Statement<[StoredRecord]>;
  readonly #end: Statement<[], EndRow>;
  readonly #setEnd: Statement<[Link]>;
  readonly #anchor: Statement<[], AnchorRow>;
  readonly #removeAnchor: Statement<[]>;
  readonly #addAnchor: Statement<[AnchorRow]>;
  readonly #behind: Statement<[number, number], StoredRecord>;
  readonly #removeBefore: Statement<[number]>;
  readonly #firstSince: Statement<[number], { seq: number | null }>;
  readonly #find: Statement<[Nullable<RecordQuery>], StoredRecord>;

  constructor(db: Sqlite) {
    this.#insert =
      db.prepare(`INSERT INTO audit_records VALUES (@seq, @id, @at, @uid, @pid, @executable, @script,
      @door, @method, @reference, @outcome, @count, @mac)`);
    // One statement, so that both are of the same moment.
    this.#end = db.prepare(`SELECT seq, key, mac, last FROM (SELECT max(seq) AS last FROM audit_records)
      LEFT JOIN audit_chain ON only = 1`);
    this.#setEnd = db.prepare('INSERT OR REPLACE INTO audit_chain VALUES (1, @seq, @key, @mac)');
    this.#anchor = db.prepare('SELECT * FROM audit_anchor');
    this.#removeAnchor = db.prepare('DELETE FROM audit_anchor');
    this.#addAnchor = db.prepare(
      'INSERT INTO audit_anchor (id, seq, sealed_key, mac, since) VALUES (@id, @seq, @sealed_key, @mac, @since)',
    );
    this.#behind = db.prepare('SELECT * FROM audit_records WHERE seq > ? ORDER BY seq LIMIT ?');
    this.#removeBefore = db.prepare('DELETE FROM audit_records WHERE seq < ?');
    this.#firstSince = db.prepare('SELECT min(seq) AS seq FROM audit_records WHERE at >= ?');
    this.#find = db.prepare(`SELECT * FROM audit_records WHERE seq >= @from AND seq <= @to
      AND (@since IS NULL OR at >= @since)
      AND (@reference IS NULL OR reference GLOB @reference)
      AND (@program IS NULL OR @program IN (executable, script)
        OR substr(executable, -length(@program) - 1) = '/' || @program
        OR substr(script, -length(@program) - 1) = '/' || @program)
      ORDER BY seq LIMIT @limit`);
  }

  insert(record: StoredRecord): void {
    this.#insert.run(record);
  }

  end(): ChainEnd {
    const row = this.#end.get();
    const { seq = null, key = null, mac = null, last = null } = row ?? {};
    const link = seq === null || key === null || mac === null ? undefined : { seq, key, mac };
    return { link, lastSeq: last ?? 0 };
  }

  setEnd(link: Link): void {
    this.#setEnd.run(link);
  }

  anchor(): StoredAnchor | undefined {
    const row = this.#anchor.get();
    if (!row) return undefined;
    const { sealed_key, ...anchor } = row;
    return { ...anchor, sealedKey: sealed_key };
  }

  /** In place of the one that there is. */
  setAnchor({ sealedKey, ...anchor }: StoredAnchor): void {
    this.#removeAnchor.run();
    this.#addAnchor.run({ ...anchor, sealed_key: sealedKey });
  }

  /** The rows with numbers above `seq`, in their order. */
  behind(seq: number, limit: number): StoredRecord[] {
    return this.#behind.all(seq, limit);
  }

  removeBefore(seq: number): void {
    this.#removeBefore.run(seq);
  }

  /** The lowest number of a row that is not older than `at`; `undefined` if all are. */
  firstSince(at: number): number | undefined {
    return this.#firstSince.get(at)?.seq ?? undefined;
  }

  find({ since, reference, program, ...query }: RecordQuery): StoredRecord[] {
    return this.#find.all({
      ...query,
      since: since ?? null,
      reference: reference ?? null,
      program: program ?? null,
    });
  }
}
