import type { ServiceStatus } from '../../../shared/contract/index.js';
import { asSigilforgeError, type ErrorKind } from '../../../shared/errors.js';
import { thisProcess } from '../audit/who.js';
import type { Capability } from '../capabilities/capability.js';
import type { Registry } from '../capabilities/registry.js';
import { timestamp } from '../platform/clock.js';
import { shuttingDown } from '../platform/shutting-down.js';
import { Turns } from '../platform/turns.js';
import type { Ending, History } from '../runs/history.js';
import { assertActive, prepare } from '../runs/prepare.js';
import { Run, type RunParts, type RunSurroundings } from '../runs/run.js';

import type { Env } from '../store/env.js';
import { BotRecord } from './bot-record.js';
import type { DayTranscript } from './day-transcript.js';
import { Delays } from './delays.js';
import { type BotStatus, idleStatus } from './status.js';

export interface BotParts extends Omit<RunParts, 'registry' | 'history'> {
  readonly registry: Pick<Registry, 'find' | 'setService'>;
  readonly history: Pick<History, 'begin' | 'started' | 'end' | 'redacting'>;
}

interface Own {
  readonly capability: Pick<Capability, 'id' | 'name' | 'service'>;
  readonly surroundings: RunSurroundings;
  readonly transcript: DayTranscript;
}

/** A program of it, from before its start to its end. */
interface Program {
  readonly run: Run;
  readonly record: BotRecord;
}

/** Why it could not be started if the vault is closed. */
const CLOSED: ReadonlySet<ErrorKind | undefined> = new Set<ErrorKind>([
  'vault_locked',
  'keychain_unavailable',
]);

export const STOPPED: Ending = { status: 'cancelled', error: 'It was stopped.' };
const ENDED = 'Its program ended by itself, with status 0.';

/** One bot: its program, and when that is started again. What is asked of it is done in turn. */
export class Bot {
  readonly #env: Env;
  readonly #parts: BotParts;
  readonly #id: string;
  readonly #name: string;
  readonly #surroundings: RunSurroundings;
  readonly #transcript: DayTranscript;
  readonly #turns = new Turns();
  readonly #delays: Delays;
  #status: ServiceStatus;
  #since: string | null = null;
  #program: Program | undefined;
  /** Its program is being ended because that was asked for. */
  #isEnding = false;
  /** Since it was asked for. */
  #starts = 0;
  #error: string | null = null;
  #errorKind: ErrorKind | undefined;
  #timer: NodeJS.Timeout | undefined;
  #nextStartAt: string | null = null;
  #isClosed = false;

  constructor(env: Env, parts: BotParts, { capability, surroundings, transcript }: Own) {
    this.#env = env;
    this.#parts = parts;
    this.#id = capability.id;
    this.#name = capability.name;
    this.#surroundings = surroundings;
    this.#transcript = transcript;
    this.#delays = new Delays(env.clock);
    this.#status = idleStatus(capability, transcript).service;
  }

  get status(): BotStatus {
    return {
      service: this.#status,
      bot: {
        since: this.#since,
        run_id: this.#status === 'running' ? (this.#program?.run.id ?? null) : null,
        restarts: Math.max(0, this.#starts - 1),
        next_start_at: this.#nextStartAt,
        error: this.#error,
        transcript: this.#transcript.file,
      },
    };
  }

  /** Resolves once its program is up. Throws why it cannot be started; it is tried again then. */
  start(): Promise<void> {
    return this.#inTurn(() => this.#start());
  }

  /** Resolves once no process of it is left. */
  stop(): Promise<void> {
    return this.#inTurn(async () => {
      await this.#end();
      if (this.#status === 'created') return;
      this.#error = null;
      this.#shows('stopped');
      await this.#parts.registry.setService(this.#id, 'stopped');
    });
  }

  restart(): Promise<void> {
    return this.#inTurn(async () => {
      await this.#end();
      await this.#start();
    });
  }

  /** Starts it if it should be up and is not, and ends it if it may not run. Never rejects. */
  async adjust(): Promise<void> {
    try {
      await this.#inTurn(() => this.#adjust());
    } catch {
      // It is shown why it is not up.
    }
  }

  /** The vault is open: if it waited for that, it is started. */
  vaultOpened(): void {
    if (CLOSED.has(this.#errorKind)) this.retry();
  }

  /** If it waits, it is started now: what it lacked may be there. */
  retry(): void {
    if (this.#timer !== undefined) void this.adjust();
  }

  /** Leaves of its grants only these. */
  narrow(grants: readonly string[]): void {
    this.#program?.run.narrow(grants);
  }

  /** Ends it for good. What a person wants of it stays stored. Never rejects. */
  async close(ending: Ending, graceMs?: number): Promise<void> {
    this.#isClosed = true;
    this.#cancelDelay();
    this.#program?.run.stop(ending, graceMs);
    await this.#turns.take(async () => this.#program?.run.over);
    await this.#transcript.flush();
  }

  #inTurn(work: () => Promise<void>): Promise<void> {
    return this.#turns.take(async () => {
      if (this.#isClosed) throw shuttingDown();
      await work();
    });
  }

  async #start(): Promise<void> {
    if (this.#program) return;
    const { registry } = this.#parts;
    assertActive(registry.find(this.#name));
    // First: if a crash comes between, the next daemon starts it.
    await registry.setService(this.#id, 'started');
    this.#cancelDelay();
    this.#delays.reset();
    this.#starts = 0;
    this.#error = null;
    await this.#attempt();
  }

  async #adjust(): Promise<void> {
    const { active, manifest, service } = this.#parts.registry.find(this.#name);
    if (!active || !manifest.service) {
      await this.#end();
      if (this.#status !== 'created') this.#shows('stopped');
    } else if (service === 'started' && !this.#program) {
      this.#cancelDelay();
      await this.#attempt();
    }
  }

  /** Ends its program if it is up, and waits for no other start. */
  async #end(): Promise<void> {
    this.#cancelDelay();
    const program = this.#program;
    if (program === undefined) return;
    this.#isEnding = true;
    program.run.stop(STOPPED);
    await program.run.over;
    this.#isEnding = false;
    this.#program = undefined;
  }

  async #attempt(): Promise<void> {
    try {
      await this.#launch();
    } catch (thrown) {
      const { kind, message } = asSigilforgeError(thrown);
      this.#failed(message, kind);
      throw thrown;
    }
  }

  async #launch(): Promise<void> {
    const prepared = await prepare(this.#parts, this.#name);
    if (this.#isClosed) throw shuttingDown();
    const record = new BotRecord(this.#parts.history, this.#transcript);
    const parts = { ...this.#parts, history: record };
    const order = { prepared, args: {}, who: thisProcess() };
    const run = new Run(this.#env, parts, this.#surroundings, order);
    const program = { run, record };
    this.#program = program;
    void run.begin();
    try {
      await run.recorded;
      await Promise.race([record.up, run.over]);
      if (!record.isUp) throw run.fault ?? shuttingDown();
    } catch (thrown) {
      this.#program = undefined;
      throw thrown;
    }
    this.#delays.started();
    this.#starts += 1;
    this.#shows('running');
    void run.over.then(() => this.#ended(program));
  }

  #ended(program: Program): void {
    if (this.#program !== program || this.#isEnding) return;
    this.#program = undefined;
    this.#failed(program.record.ending?.error ?? ENDED);
  }

  /** It is not up though it should be: it is started again later. */
  #failed(error: string, kind?: ErrorKind): void {
    this.#error = error;
    this.#errorKind = kind;
    this.#shows('failing');
    if (this.#isClosed) return;
    this.#env.log.warn('bot.failed', { capability: this.#name, kind });
    const delayMs = this.#delays.next();
    this.#nextStartAt = timestamp(this.#env.clock.wall() + delayMs);
    const timer = setTimeout(() => void this.#again(timer).catch(() => {}), delayMs);
    this.#timer = timer;
  }

  /** Its delay is over. */
  #again(timer: NodeJS.Timeout): Promise<void> {
    return this.#inTurn(async () => {
      // Something else was asked meanwhile.
      if (this.#timer !== timer) return;
      this.#cancelDelay();
      // Before it ends the daemon's service, systemd ends the units of its programs.
      if (await this.#surroundings.unit?.isStopping()) this.#failed(shuttingDown().message);
      else await this.#attempt();
    });
  }

  #cancelDelay(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#nextStartAt = null;
  }

  #shows(status: ServiceStatus): void {
    if (this.#status === status) return;
    this.#status = status;
    this.#since = timestamp(this.#env.clock.wall());
  }
}
