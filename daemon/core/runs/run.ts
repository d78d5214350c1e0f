import type { RunInfo } from '../../../shared/contract/index.js';
import { asSigilforgeError, type SigilforgeError } from '../../../shared/errors.js';
import { MAX_TIMER_MS } from '../../../shared/limits.js';
import type { Manifest } from '../../../shared/manifest.js';
import type { Audit } from '../audit/audit.js';
import type { Who } from '../audit/who.js';
import type { Storage } from '../capabilities/storage.js';
import type { Env } from '../store/env.js';
import { cut } from './cut.js';
import type { Ending, History } from './history.js';
import type { Exit } from './launch/process.js';
import { recordOf } from './left-behind.js';
import { outcomeOf, outcomeOfBot } from './outcome.js';
import { Output } from './output.js';
import { OwnWorker } from './own-worker.js';
import { assertGranted, isKeptAlive, type Prepared, prepare, type Sources } from './prepare.js';
import type { Entry } from './queue.js';
import { Redaction } from './redaction.js';
import type { Surroundings } from './surroundings.js';
import type { WarmPrograms } from './warm-programs.js';
import type { Request, Worker } from './worker.js';

/** How long a program that is asked to end may take before it is killed. */
const GRACE_MS = 5_000;
const MOST_TASK_BYTES = 64 * 1024;

export interface RunParts extends Sources {
  readonly storage: Pick<Storage, 'open' | 'merge'>;
  readonly history: Pick<History, 'begin' | 'started' | 'note' | 'redacting' | 'end'>;
  readonly audit: Pick<Audit, 'released'>;
}

export interface RunSurroundings extends Surroundings {
  /** The programs that serve many runs. */
  readonly warm: Pick<WarmPrograms, 'take'>;
}

/** Who asks for a run, and what for. */
export interface Order {
  readonly prepared: Prepared;
  readonly args: unknown;
  readonly who: Who;
}

/** One run, from when it is asked for until it is over. */
export class Run implements Entry {
  readonly capabilityId: string;
  readonly isConcurrent: boolean;
  /** Its row, once there is one. */
  readonly recorded: Promise<RunInfo>;
  /** Resolves once it is over: its end is stored, and no process of it is left. */
  readonly over: Promise<void>;
  readonly #env: Env;
  readonly #parts: RunParts;
  readonly #surroundings: RunSurroundings;
  readonly #name: string;
  readonly #args: unknown;
  readonly #who: Who;
  readonly #redaction = new Redaction();
  #id: string | undefined;
  #fault: SigilforgeError | undefined;
  #prepared: Prepared | undefined;
  /** Why it is to end, if that was decided from outside. */
  #ending: Ending | undefined;
  #graceMs = GRACE_MS;
  #worker: Worker | undefined;
  #isStarted = false;
  #stopping: Promise<unknown> | undefined;
  #isOver = (): void => {};

  constructor(env: Env, parts: RunParts, surroundings: RunSurroundings, { prepared, args, who }: Order) {
    const { id, name, manifest } = prepared.capability;
    this.#env = env;
    this.#parts = parts;
    this.#surroundings = surroundings;
    this.capabilityId = id;
    this.isConcurrent = manifest.concurrent;
    this.#name = name;
    this.#args = args;
    this.#who = who;
    this.#prepared = prepared;
    this.#hide(prepared);
    const task = cut(this.#redaction.text(JSON.stringify(args)), MOST_TASK_BYTES);
    this.recorded = parts.history.begin({ capability: { id, name }, task, status: 'pending' }).then((run) => {
      this.#id = run.id;
      return run;
    });
    this.over = new Promise((resolve) => {
      this.#isOver = resolve;
    });
  }

  /** Its row's id, once there is one. */
  get id(): string | undefined {
    return this.#id;
  }

  /** Why its program could not be started. */
  get fault(): SigilforgeError | undefined {
    return this.#fault;
  }

  /** If its turn has not come at once, it is prepared again when it comes: until then, everything may change. */
  forgetPrepared(): void {
    this.#prepared = undefined;
  }

  async begin(): Promise<void> {
    const prepared = this.#prepared;
    const run = await this.recorded.catch(() => undefined);
    if (run) await this.end(await this.#perform(run.id, prepared));
    else this.#isOver();
  }

  /** Stores how it ended. Never rejects. */
  async end(ending: Ending): Promise<void> {
    try {
      await this.#parts.history.end((await this.recorded).id, ending);
    } catch (thrown) {
      this.#env.log.warn('run.failed', { kind: asSigilforgeError(thrown).kind });
    }
    this.#isOver();
  }

  /** It is over: its row was ended with others. */
  drop(): void {
    this.#isOver();
  }

  /** Ends it, unless it is ending already: programs are asked to end first, and killed after `graceMs`. */
  stop(ending: Ending, graceMs = GRACE_MS): void {
    this.#ending ??= ending;
    this.#graceMs = Math.min(this.#graceMs, graceMs);
    if (this.#worker && this.#isStarted) this.#stopping ??= this.#endProcesses(this.#worker);
  }

  /** Leaves of its grants only these. */
  narrow(grants: readonly string[]): void {
    this.#worker?.narrow(grants);
  }

  /** Never rejects. */
  async #perform(id: string, early: Prepared | undefined): Promise<Ending> {
    try {
      if (this.#ending) return this.#ending;
      const prepared = early ?? (await prepare(this.#parts, this.#name));
      this.#hide(prepared);
      return await this.#withWorker(id, prepared);
    } catch (thrown) {
      this.#fault = asSigilforgeError(thrown);
      const { kind, message } = this.#fault;
      if (kind === 'internal_error') this.#env.log.error('run.failed', { kind });
      return this.#ending ?? { status: 'failed', error: message };
    }
  }

  async #withWorker(id: string, prepared: Prepared): Promise<Ending> {
    const worker = await this.#workerFor(id, prepared);
    const redacted = this.#parts.history.redacting(id, worker.redaction);
    try {
      this.#worker = worker;
      // What was taken back before there was a door to narrow.
      const grants = await this.#parts.granted.of(this.capabilityId);
      this.narrow(grants);
      assertGranted(prepared.capability, grants);
      return await this.#launch(id, prepared, worker);
    } finally {
      redacted();
      this.#worker = undefined;
      await worker.leave();
    }
  }

  #workerFor(id: string, prepared: Prepared): Promise<Worker> {
    if (isKeptAlive(prepared.capability)) return this.#surroundings.warm.take(prepared);
    return OwnWorker.open(this.#surroundings, prepared, { id, redaction: this.#redaction });
  }

  async #launch(id: string, prepared: Prepared, worker: Worker): Promise<Ending> {
    const { capability, secrets } = prepared;
    const { unit } = this.#surroundings;
    const storage = await this.#parts.storage.open(this.capabilityId);
    const method = capability.manifest.service ? 'start_capability' : 'run_capability';
    await this.#parts.audit.released(this.#who, method, ...referencesOf(prepared));
    if (this.#ending) return this.#ending;
    const process = await worker.start(prepared);
    try {
      const configuration = configurationOf(prepared);
      await this.#parts.history.started(id, { configuration, process: recordOf(process, unit) });
    } catch (thrown) {
      await this.#endProcesses(worker);
      throw thrown;
    }
    const context = { secrets: revealed(secrets), storage, run_id: id };
    const output = new Output({
      redaction: worker.redaction,
      isEndless: capability.manifest.service,
      note: (role, content) => this.#parts.history.note(id, role, content),
      overflowed: (sentence) => this.stop({ status: 'failed', error: sentence }),
      ...(isKeptAlive(capability) ? { runId: id } : {}),
    });
    const exit = await this.#follow(worker, capability.manifest, output, { args: this.#args, context });
    return this.#judged(exit, output, { capability, worker });
  }

  /** Reads what it says until its end, or until a program that goes on has answered. */
  async #follow(
    worker: Worker,
    { service, timeout_s: timeoutS }: Manifest,
    output: Output,
    request: Request,
  ): Promise<Exit> {
    const tooLate: Ending = { status: 'cancelled', error: `Its time limit of ${timeoutS} s was over.` };
    const limitMs = Math.min(timeoutS * 1000, MAX_TIMER_MS);
    const limit = service ? undefined : setTimeout(() => this.stop(tooLate), limitMs);
    this.#isStarted = true;
    // It may have been stopped while it was started.
    if (this.#ending) this.stop(this.#ending);
    const exit = await worker.work(request, output);
    clearTimeout(limit);
    this.#isStarted = false;
    if (exit === undefined && this.#stopping === undefined) return ANSWERED;
    await (this.#stopping ?? this.#endProcesses(worker));
    await worker.drain();
    if ((service || exit?.code !== 0) && (await this.#surroundings.unit?.isStopping()))
      this.#ending ??= INTERRUPTED;
    return exit ?? ANSWERED;
  }

  async #judged(
    exit: Exit,
    output: Output,
    { capability, worker }: { readonly capability: Prepared['capability']; readonly worker: Worker },
  ): Promise<Ending> {
    if (this.#ending) return { ...this.#ending, exitCode: exit.code ?? undefined };
    const ending = (capability.manifest.service ? outcomeOfBot : outcomeOf)(exit, output);
    const { result } = output;
    if (ending.status !== 'completed' || result === undefined) return ending;
    await this.#parts.storage.merge(this.capabilityId, result.storage);
    return { ...ending, response: worker.redaction.text(result.response) };
  }

  async #endProcesses(worker: Worker): Promise<void> {
    if (await worker.end(() => this.#graceMs, this.#ending !== undefined)) return;
    this.#env.log.warn('run.left_behind', { run: this.#id });
  }

  #hide({ secrets, variables }: Prepared): void {
    for (const value of [...secrets.values(), ...variables.values()]) this.#redaction.add(value);
  }
}

/** As if a program that goes on had ended well. */
const ANSWERED: Exit = { code: 0, signal: null };

export const INTERRUPTED: Ending = {
  status: 'interrupted',
  error: 'The daemon ended while it was under way.',
};

/** What goes out to a run at its start, for the record. */
function referencesOf({ capability, secrets }: Prepared): string[] {
  const own = [...secrets.keys()].map((key) => `capability://${capability.name}/${key}`);
  return [...Object.values(capability.manifest.env), ...own];
}

/** What a transcript begins with: names, and no value. */
function configurationOf({ capability, grants, secrets }: Prepared): Record<string, unknown> {
  const { name, manifest } = capability;
  const { version, run, env, timeout_s } = manifest;
  return { capability: name, version, run, grants, env, secrets: [...secrets.keys()], timeout_s };
}

function revealed(secrets: Prepared['secrets']): Record<string, string> {
  return Object.fromEntries([...secrets].map(([key, value]) => [key, value.reveal()]));
}
