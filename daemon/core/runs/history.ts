import type {
  CheckedParamsOf,
  MessageRole,
  ResultOf,
  RunEvent,
  RunInfo,
  RunMessage,
  RunStatus,
} from '../../../shared/contract/index.js';
import { SigilforgeError } from '../../../shared/errors.js';
import { timestamp } from '../platform/clock.js';
import { idAt, newId } from '../platform/id.js';
import type { Env } from '../store/env.js';
import { type LeftBehind, RunStore, type StoredRun } from '../store/runs.js';
import type { RunEvents } from './events.js';
import { infoOf, listMessages, listRuns, messageOf } from './listing.js';
import { Notes } from './notes.js';
import type { Redaction } from './redaction.js';
import { Transcripts } from './transcripts.js';

/** A run that begins. */
interface Beginning {
  /** `null` for one that runs elsewhere. */
  readonly capability: { readonly id: string; readonly name: string } | null;
  readonly task: string;
  readonly status: 'pending' | 'running';
}

/** How a run ended. */
export interface Ending {
  readonly status: Exclude<RunStatus, 'pending' | 'running'>;
  readonly error?: string | undefined;
  readonly exitCode?: number | undefined;
  readonly response?: string | undefined;
}

interface Options {
  readonly events: RunEvents;
  /** The folder of the transcripts. */
  readonly transcripts: string;
  /** `runs.keep_days` in config.toml. */
  readonly keepDays: number;
}

const DAY_MS = 86_400_000;
/** Runs that one transaction removes, each with all its messages, so that no other write waits long. */
const BATCH = 10;

/** The record of runs: their rows, what they said, and a transcript of each. What comes from a run is redacted already. */
export class History {
  readonly #env: Env;
  readonly #store: RunStore;
  readonly #transcripts: Transcripts;
  readonly #notes: Notes;
  readonly #events: RunEvents;
  readonly #keepMs: number;
  /** When runs of this process began, by a clock that cannot be set. */
  readonly #begun = new Map<string, number>();
  readonly #redactions = new Map<string, Redaction>();

  constructor(env: Env, { events, transcripts, keepDays }: Options) {
    this.#env = env;
    this.#store = new RunStore(env.db);
    this.#transcripts = new Transcripts(transcripts, env.log);
    this.#notes = new Notes(env, {
      store: this.#store,
      transcripts: this.#transcripts,
      stored: (id) => this.#tell('message_added', this.#store.find(id)),
    });
    this.#events = events;
    this.#keepMs = keepDays * DAY_MS;
  }

  async begin({ capability, task, status }: Beginning): Promise<RunInfo> {
    const createdAt = this.#now();
    const run: StoredRun = {
      ...{ id: newId(), capabilityId: capability?.id ?? null, capability: capability?.name ?? null },
      ...{ task, status, createdAt, startedAt: status === 'running' ? createdAt : null },
      ...{ completedAt: null, error: null, exitCode: null, durationMs: null },
    };
    await this.#env.db.writeSoon(() => this.#store.insert(run));
    this.#tell('run_created', run);
    if (status === 'running') this.#begins(run.id, { at: createdAt, run_id: run.id, task });
    return infoOf(run);
  }

  /** `configuration`: what the transcript begins with; `process`: what finds its processes after a daemon's death. */
  async started(
    id: string,
    {
      configuration,
      process,
    }: { readonly configuration: Readonly<Record<string, unknown>>; readonly process: string },
  ): Promise<void> {
    const at = this.#now();
    await this.#env.db.writeSoon(() => this.#store.start(id, at, process));
    this.#begins(id, { at, run_id: id, ...configuration });
    this.#tell('run_started', this.#store.find(id));
  }

  /** Keeps lines and messages soon; `flush` waits until they are stored. */
  note(id: string, role: MessageRole, content: string): void {
    this.#notes.add(id, role, content);
  }

  flush(): Promise<void> {
    return this.#notes.flush();
  }

  /** What is appended to this run is redacted, until the returned function is called. */
  redacting(id: string, redaction: Redaction): () => void {
    this.#redactions.set(id, redaction);
    return () => this.#redactions.delete(id);
  }

  /** A text of this run, without its secrets. */
  redacted(id: string, text: string): string {
    return this.#redactions.get(id)?.text(text) ?? text;
  }

  /** Stores how it ended, unless it is over already. */
  async end(id: string, { status, error, exitCode, response }: Ending): Promise<void> {
    await this.flush();
    const run = this.#store.find(id);
    if (run === undefined) return;
    const completedAt = this.#now();
    const ending = {
      ...{ id, status, completedAt, error: error ?? null, exitCode: exitCode ?? null },
      durationMs: this.#durationOf(run),
    };
    const ended = await this.#env.db.writeSoon(() => {
      const isFirst = this.#store.end(ending);
      if (isFirst && response !== undefined)
        this.#store.addMessage({
          id: newId(),
          runId: id,
          role: 'response',
          content: response,
          createdAt: completedAt,
        });
      return isFirst;
    });
    this.#begun.delete(id);
    if (!ended) return;
    const { exitCode: exit_code, durationMs: duration_ms } = ending;
    const said = response === undefined ? [] : [{ at: completedAt, role: 'response', content: response }];
    const last = { at: completedAt, status, error: ending.error, exit_code, duration_ms };
    await this.#transcripts.add(id, [...said, last]);
    this.#tell('run_ended', { ...run, status });
  }

  /** The same for those that have not begun, all at once: they have said nothing. */
  async endPending(ids: readonly string[], { status, error }: Ending): Promise<void> {
    if (ids.length === 0) return;
    const ending = {
      status,
      error: error ?? null,
      completedAt: this.#now(),
      exitCode: null,
      durationMs: null,
    };
    const ended = await this.#env.db.write(() => ids.filter((id) => this.#store.end({ ...ending, id })));
    for (const id of ended) this.#tell('run_ended', this.#store.find(id));
  }

  /** Those that an earlier daemon left, which must be ended now. */
  leftBehind(): LeftBehind[] {
    return this.#store.leftBehind();
  }

  /** Throws `not_found`. */
  get(id: string): ResultOf<'get_run'> {
    const run = this.#find(id);
    return { run: infoOf(run), response: run.status === 'completed' ? this.#store.response(id) : null };
  }

  list(query: CheckedParamsOf<'list_runs'>): ResultOf<'list_runs'> {
    return listRuns(this.#store, query);
  }

  messages(query: CheckedParamsOf<'list_messages'>): ResultOf<'list_messages'> {
    this.#find(query.run_id);
    return listMessages(this.#store, query);
  }

  /** Only to a run that is under way. */
  async append({ run_id, role, content }: CheckedParamsOf<'append_message'>): Promise<RunMessage> {
    await this.flush();
    const shown = this.redacted(run_id, content);
    const message = { id: newId(), runId: run_id, role, content: shown, createdAt: this.#now() };
    await this.#env.db.writeSoon(() => {
      if (this.#find(run_id).status !== 'running') throw notRunning();
      this.#store.addMessage(message);
    });
    void this.#transcripts.add(run_id, [{ at: message.createdAt, role, content: shown }]);
    this.#tell('message_added', this.#store.find(run_id));
    return messageOf(message);
  }

  /** Only of one that runs elsewhere. */
  async finish({ run_id, status, response, error }: CheckedParamsOf<'finish_run'>): Promise<RunInfo> {
    const run = this.#find(run_id);
    if (run.capability !== null) throw notElsewhere(run_id);
    if (run.status !== 'running') throw notRunning();
    await this.end(run_id, { status, response, error });
    return infoOf(this.#find(run_id));
  }

  /** Removes what is older than the configuration says: rows, messages and transcripts. */
  async trim(): Promise<void> {
    const before = this.#env.clock.wall() - this.#keepMs;
    let any = false;
    for (let old = this.#old(before); old.length > 0; old = this.#old(before)) {
      const removed = old;
      await this.#env.db.write(() => {
        for (const id of removed) this.#store.remove(id);
      });
      for (const id of removed) this.#transcripts.remove(id);
      any = true;
    }
    this.#transcripts.sweep(before, (id) => this.#store.find(id) !== undefined);
    if (any) await this.#env.db.truncateLog();
  }

  async close(): Promise<void> {
    await this.flush();
    await this.#transcripts.settled();
  }

  #old(before: number): string[] {
    return this.#store.old(idAt(before), BATCH);
  }

  #begins(id: string, first: object): void {
    this.#begun.set(id, this.#env.clock.monotonic());
    void this.#transcripts.add(id, [first]);
  }

  #durationOf({ id, startedAt }: StoredRun): number | null {
    const begun = this.#begun.get(id);
    if (begun !== undefined) return Math.round(this.#env.clock.monotonic() - begun);
    return startedAt === null ? null : Math.max(0, this.#env.clock.wall() - Date.parse(startedAt));
  }

  #find(id: string): StoredRun {
    const run = this.#store.find(id);
    if (run) return run;
    throw new SigilforgeError('not_found', 'There is no such run.', {
      hint: 'List the runs with: sigilforge runs list',
    });
  }

  #tell(type: RunEvent['type'], run: StoredRun | undefined): void {
    if (run) this.#events.emit(type, run);
  }

  #now(): string {
    return timestamp(this.#env.clock.wall());
  }
}

function notRunning(): SigilforgeError {
  return new SigilforgeError('invalid_params', 'This run is not under way.', {
    hint: 'Begin another one with create_run.',
  });
}

function notElsewhere(run: string): SigilforgeError {
  return new SigilforgeError('denied', 'The daemon itself ends the runs of capabilities.', {
    hint: `Cancel it with: sigilforge runs cancel ${run}`,
  });
}
