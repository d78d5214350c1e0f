import type { MessageRole, RunStatus } from '../../../shared/contract/index.js';
import type { Sqlite, Statement } from './sqlite.js';

/** A run's row. Times are ISO 8601 in UTC, the duration milliseconds. */
export interface StoredRun {
  readonly id: string;
  readonly capabilityId: string | null;
  /** The name of the capability, which stays when that is removed; `null` for work that runs elsewhere. */
  readonly capability: string | null;
  readonly task: string;
  readonly status: RunStatus;
  readonly createdAt: string;
  readonly startedAt: string | null;
  readonly completedAt: string | null;
  readonly error: string | null;
  readonly exitCode: number | null;
  readonly durationMs: number | null;
}

export interface StoredMessage {
  readonly id: string;
  readonly runId: string;
  readonly role: MessageRole;
  readonly content: string;
  readonly createdAt: string;
}

/** How a run ended. */
export type StoredEnding = Pick<
  StoredRun,
  'id' | 'status' | 'completedAt' | 'error' | 'exitCode' | 'durationMs'
>;

interface RunRow {
  readonly id: string;
  readonly capability_id: string | null;
  readonly capability: string | null;
  readonly task: string;
  readonly status: RunStatus;
  readonly created_at: string;
  readonly started_at: string | null;
  readonly completed_at: string | null;
  readonly error: string | null;
  readonly exit_code: number | null;
  readonly duration_ms: number | null;
}

interface MessageRow {
  readonly id: string;
  readonly run_id: string;
  readonly role: MessageRole;
  readonly content: string;
  readonly created_at: string;
}

/** The runs of a page: before an id, the newest first. */
export interface RunQuery {
  readonly capability?: string | undefined;
  readonly status?: RunStatus | undefined;
  readonly before: string;
  readonly limit: number;
}

/** What a dead daemon left: a run, and what finds its processes. */
export interface LeftBehind {
  readonly id: string;
  readonly process: string | null;
}

/** Those with a capability are its daemon's. */
const UNDER_WAY = "status IN ('pending', 'running')";

const COLUMNS = `id, capability_id, capability, task, status, created_at, started_at, completed_at, error, exit_code,
  duration_ms`;

/** Behind every id. */
export const LATEST_ID = 'g';

/** SQL for runs and their messages. Changes are made inside `Sqlite.write`. */
export class RunStore {
  readonly #find: Statement<[string], RunRow>;
  readonly #pages: Readonly<Record<'all' | 'capability' | 'status' | 'both', Statement<[RunQuery], RunRow>>>;
  readonly #insert: Statement<[RunRow]>;
  readonly #start: Statement<[string, string, string]>;
  readonly #end: Statement<[Omit<StoredEnding, 'completedAt'> & { completedAt: string }]>;
  readonly #leftBehind: Statement<[], LeftBehind>;
  readonly #old: Statement<[string, number], { id: string }>;
  readonly #remove: Statement<[string]>;
  readonly #insertMessage: Statement<[MessageRow]>;
  readonly #messages: Statement<[string, string, number], MessageRow>;
  readonly #response: Statement<[string], { content: string }>;

  constructor(db: Sqlite) {
    const page = (condition: string): Statement<[RunQuery], RunRow> =>
      db.prepare(`SELECT ${COLUMNS} FROM runs WHERE ${condition} id < @before ORDER BY id DESC LIMIT @limit`);
    this.#find = db.prepare(`SELECT ${COLUMNS} FROM runs WHERE id = ?`);
    this.#pages = {
      all: page(''),
      capability: page('capability = @capability AND'),
      status: page('status = @status AND'),
      both: page('capability = @capability AND status = @status AND'),
    };
    this.#insert =
      db.prepare(`INSERT INTO runs (${COLUMNS}) VALUES (@id, @capability_id, @capability, @task, @status,
      @created_at, @started_at, @completed_at, @error, @exit_code, @duration_ms)`);
    this.#start = db.prepare(
      "UPDATE runs SET status = 'running', started_at = ?, process = ? WHERE id = ? AND status = 'pending'",
    );
    this.#end = db.prepare(`UPDATE runs SET status = @status, completed_at = @completedAt, error = @error,
      exit_code = @exitCode, duration_ms = @durationMs, process = NULL WHERE id = @id AND ${UNDER_WAY}`);
    this.#leftBehind = db.prepare(
      `SELECT id, process FROM runs WHERE ${UNDER_WAY} AND capability IS NOT NULL ORDER BY id`,
    );
    this.#old = db.prepare(`SELECT id FROM runs WHERE id < ? AND (NOT ${UNDER_WAY} OR capability IS NULL)
      ORDER BY id LIMIT ?`);
    this.#remove = db.prepare('DELETE FROM runs WHERE id = ?');
    this.#insertMessage = db.prepare(
      'INSERT INTO messages VALUES (@id, @run_id, @role, @content, @created_at)',
    );
    this.#messages = db.prepare('SELECT * FROM messages WHERE run_id = ? AND id > ? ORDER BY id LIMIT ?');
    this.#response = db.prepare(
      "SELECT content FROM messages WHERE run_id = ? AND role = 'response' ORDER BY id DESC LIMIT 1",
    );
  }

  find(id: string): StoredRun | undefined {
    const row = this.#find.get(id);
    return row && runOf(row);
  }

  page(query: RunQuery): StoredRun[] {
    const { capability, status } = query;
    const kind = capability === undefined ? 'status' : status === undefined ? 'capability' : 'both';
    const statement = this.#pages[capability === undefined && status === undefined ? 'all' : kind];
    return statement.all(query).map(runOf);
  }

  insert(run: StoredRun): void {
    this.#insert.run({
      ...{ id: run.id, capability_id: run.capabilityId, capability: run.capability, task: run.task },
      ...{ status: run.status, created_at: run.createdAt, started_at: run.startedAt },
      ...{
        completed_at: run.completedAt,
        error: run.error,
        exit_code: run.exitCode,
        duration_ms: run.durationMs,
      },
    });
  }

  /** `process`: what finds its processes after the death of this daemon. */
  start(id: string, startedAt: string, process: string): void {
    this.#start.run(startedAt, process, id);
  }

  /** Says whether it was under way. */
  end(ending: StoredEnding & { readonly completedAt: string }): boolean {
    return this.#end.run(ending).changes === 1;
  }

  leftBehind(): LeftBehind[] {
    return this.#leftBehind.all();
  }

  /** Those before an id that are over, or that run elsewhere; the oldest first. */
  old(before: string, limit: number): string[] {
    return this.#old.all(before, limit).map(({ id }) => id);
  }

  /** With its messages. */
  remove(id: string): void {
    this.#remove.run(id);
  }

  addMessage({ runId, createdAt, ...rest }: StoredMessage): void {
    this.#insertMessage.run({ ...rest, run_id: runId, created_at: createdAt });
  }

  /** Those behind an id, in their order. */
  messages(runId: string, after: string, limit: number): StoredMessage[] {
    return this.#messages
      .all(runId, after, limit)
      .map(({ run_id, created_at, ...row }) => ({ ...row, runId: run_id, createdAt: created_at }));
  }

  response(runId: string): string | null {
    return this.#response.get(runId)?.content ?? null;
  }
}

function runOf(row: RunRow): StoredRun {
  const { id, capability, task, status, error } = row;
  return {
    ...{ id, capability, task, status, error },
    capabilityId: row.capability_id,
    createdAt: row.created_at,
    startedAt: row.started_at,
    completedAt: row.completed_at,
    exitCode: row.exit_code,
    durationMs: row.duration_ms,
  };
}
