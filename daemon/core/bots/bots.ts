import type { BotState, ServiceStatus } from '../../../shared/contract/index.js';
import type { Registry } from '../capabilities/registry.js';
import type { History } from '../runs/history.js';
import type { RunParts, RunSurroundings } from '../runs/run.js';
import type { Env } from '../store/env.js';

interface Collaborators extends Omit<RunParts, 'registry' | 'history'> {
  readonly registry: Pick<Registry, 'find' | 'all' | 'setService'>;
  readonly history: Pick<History, 'begin' | 'started' | 'end' | 'redacting'>;
}

interface Options {
  /** The folder of what bots say, by day. */
  readonly transcripts: string;
  /** `runs.keep_days` in config.toml. */
  readonly keepDays: number;
}

/** How a bot stands. */
export interface BotStatus {
  readonly service: ServiceStatus;
  readonly bot: BotState;
}

/** Capabilities that stay up: their programs, and when each is started again. */
export class Bots {
  readonly #env: Env;
  readonly #parts: Collaborators;
  readonly #options: Options;

  constructor(env: Env, parts: Collaborators, options: Options) {
    this.#env = env;
    this.#parts = parts;
    this.#options = options;
  }

  /** Starts those that a person started before this daemon. Only a daemon calls it, once nothing of an earlier one is left. */
  async begin(surroundings: Promise<RunSurroundings>): Promise<void> {
    await surroundings;
    void [this.#env, this.#parts, this.#options];
  }

  /** Resolves once its program is up. Throws why it cannot be started; it is tried again then as well. */
  start(_name: string): Promise<void> {
    throw new Error('not built');
  }

  /** Resolves once no process of it is left. */
  stop(_name: string): Promise<void> {
    throw new Error('not built');
  }

  restart(_name: string): Promise<void> {
    throw new Error('not built');
  }

  /** A capability was disabled or enabled: it is ended, or started if a person had started it. */
  activeChanged(_name: string): Promise<void> {
    return Promise.resolve();
  }

  /** Of a capability that is removed: resolves once no process of it is left. */
  endAllOf(_capabilityId: string): Promise<void> {
    return Promise.resolve();
  }

  /** `undefined` for one that is no bot. */
  statusOf(_name: string): BotStatus | undefined {
    return undefined;
  }

  /** Ends them all, which stay started for the next daemon. Never rejects. */
  close(): Promise<void> {
    return Promise.resolve();
  }
}
