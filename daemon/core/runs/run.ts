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
import type { RunProcess } from './launch/process.js';
import { recordOf } from './left-behind.js';
import { outcomeOf, outcomeOfBot } from './outcome.js';
import { Output } from './output.js';
import { assertGranted, type Prepared, prepare, type Sources } from './prepare.js';
import type { Entry } from './queue.js';
import { Redaction } from './redaction.js';
import { RunProgram } from './run-program.js';
import type { Surroundings } from './surroundings.js';

/** How long a program that is asked to end may take before it is killed. */
const GRACE_MS = 5_000;
const MOST_TASK_BYTES = 64 * 1024;

export interface RunParts extends Sources {
  readonly storage: Pick<Storage, 'open' | 'merge'>;
  readonly history: Pick<History, 'begin' | 'started' | 'note' | 'redacting' | 'end'>;
  readonly audit: Pick<Audit, 'released'>;
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
  readonly #surroundings: Surroundings;
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
  #program: RunProgram | undefined;
  #isStarted = false;
  #stopping: Promise<unknown> | undefined;
  #isOver = (): void => {};

  constructor(env: Env, parts: RunParts, surroundings: Surroundings, { prepared, args, who }: Order) {
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
    if (this.#program && this.#isStarted) this.#stopping ??= this.#endProcesses(this.#program);
  }

  /** Leaves of its grants only these. */
  narrow(grants: readonly string[]): void {
    this.#program?.narrow(grants);
  }

  /** Never rejects. */
  async #perform(id: string, early: Prepared | undefined): Promise<Ending> {
    try {
      if (this.#ending) return this.#ending;
      const prepared = early ?? (await prepare(this.#parts, this.#name));
      this.#hide(prepared);
      return await this.#withProgram(id, prepared);
    } catch (thrown) {
      this.#fault = asSigilforgeError(thrown);
      const { kind, message } = this.#fault;
      if (kind === 'internal_error') this.#env.log.error('run.failed', { kind });
      return this.#ending ?? { status: 'failed', error: message };
    }
  }

  async #withProgram(id: string, prepared: Prepared): Promise<Ending> {
    const program = await RunProgram.open(this.#surroundings, {
      ...{ id, capability: this.#name, grants: prepared.grants },
      released: (value, encoding) => this.#redaction.add(value, encoding),
    });
    const redacted = this.#parts.history.redacting(id, this.#redaction);
    try {
      this.#program = program;
      // What was taken back before there was a door to narrow.
      const grants = await this.#parts.granted.of(this.capabilityId);
      this.narrow(grants);
      assertGranted(prepared.capability, grants);
      return await this.#launch(id, prepared, program);
    } finally {
      redacted();
      this.#program = undefined;
      await program.close();
    }
  }

  async #launch(id: string, prepared: Prepared, program: RunProgram): Promise<Ending> {
    const { capability, secrets } = prepared;
    const { unit } = this.#surroundings;
    const storage = await this.#parts.storage.open(this.capabilityId);
    const method = capability.manifest.service ? 'start_capability' : 'run_capability';
    await this.#parts.audit.released(this.#who, method, ...referencesOf(prepared));
    if (this.#ending) return this.#ending;
    const process = await program.start(prepared);
    try {
      const configuration = configurationOf(prepared);
      await this.#parts.history.started(id, { configuration, process: recordOf(process.id, unit) });
    } catch (thrown) {
      await this.#endProcesses(program);
      process.giveUp();
      throw thrown;
    }
    const context = { secrets: revealed(secrets), storage, run_id: id };
    return this.#follow(program, capability.manifest, process, { args: this.#args, context });
  }

  /** Reads what it says until its end. */
  async #follow(
    program: RunProgram,
    { service, timeout_s: timeoutS }: Manifest,
    process: RunProcess,
    request: object,
  ): Promise<Ending> {
    const { id } = program;
    const output = new Output({
      redaction: this.#redaction,
      isEndless: service,
      note: (role, content) => this.#parts.history.note(id, role, content),
      overflowed: (sentence) => this.stop({ status: 'failed', error: sentence }),
    });
    output.readProtocol(process.protocol);
    for (const stream of process.outputs) output.readPlain(stream);
    process.send(`${JSON.stringify(request)}\n`);
    const tooLate: Ending = { status: 'cancelled', error: `Its time limit of ${timeoutS} s was over.` };
    const limitMs = Math.min(timeoutS * 1000, MAX_TIMER_MS);
    const limit = service ? undefined : setTimeout(() => this.stop(tooLate), limitMs);
    this.#isStarted = true;
    // It may have been stopped while it was started.
    if (this.#ending) this.stop(this.#ending);
    const exit = await process.exited;
    clearTimeout(limit);
    await (this.#stopping ?? this.#endProcesses(program));
    await program.drain();
    if ((service || exit.code !== 0) && (await this.#surroundings.unit?.isStopping()))
      this.#ending ??= INTERRUPTED;
    if (this.#ending) return { ...this.#ending, exitCode: exit.code ?? undefined };
    return this.#completed((service ? outcomeOfBot : outcomeOf)(exit, output), output);
  }

  async #completed(ending: Ending, { result }: Output): Promise<Ending> {
    if (ending.status !== 'completed' || result === undefined) return ending;
    await this.#parts.storage.merge(this.capabilityId, result.storage);
    return { ...ending, response: this.#redaction.text(result.response) };
  }

  async #endProcesses(program: RunProgram): Promise<void> {
    if (await program.end(() => this.#graceMs, this.#ending !== undefined)) return;
    this.#env.log.warn('run.left_behind', { run: program.id });
  }

  #hide({ secrets, variables }: Prepared): void {
    for (const value of [...secrets.values(), ...variables.values()]) this.#redaction.add(value);
  }
}

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
