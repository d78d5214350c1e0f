import path from 'node:path';
import { SigilforgeError } from '../../../shared/errors.js';
import type { Capability } from '../capabilities/capability.js';
import type { OwnSecrets } from '../capabilities/own-secrets.js';
import type { Registry } from '../capabilities/registry.js';
import { shuttingDown } from '../platform/shutting-down.js';
import { INTERRUPTED, type RunSurroundings } from '../runs/run.js';
import { CLOSING_MS, withoutDaemon } from '../runs/runs.js';

import type { Env } from '../store/env.js';
import type { Vault } from '../vault/vault.js';
import { Bot, type BotParts, STOPPED } from './bot.js';
import { DayTranscript } from './day-transcript.js';
import { removeOldDays } from './old-days.js';
import { type BotStatus, idleStatus } from './status.js';

interface Collaborators extends BotParts {
  readonly registry: Pick<Registry, 'find' | 'all' | 'setService'>;
  readonly ownSecrets: Pick<OwnSecrets, 'open' | 'whenChanged'>;
  readonly vault: Pick<Vault, 'whenOpened'>;
}

interface Options {
  /** The folder of what bots say, by day. */
  readonly transcripts: string;
  /** `runs.keep_days` in config.toml. */
  readonly keepDays: number;
}

const DAY_MS = 86_400_000;

/** Capabilities that stay up: their programs, and when each is started again. */
export class Bots {
  readonly #env: Env;
  readonly #parts: Collaborators;
  readonly #options: Options;
  /** Those that were started or stopped in this process, by the id of the capability. */
  readonly #bots = new Map<string, Bot>();
  readonly #listening: readonly (() => void)[];
  #surroundings: Promise<RunSurroundings> | undefined;
  #trimming: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(env: Env, parts: Collaborators, options: Options) {
    this.#env = env;
    this.#parts = parts;
    this.#options = options;
    this.#listening = [
      parts.granted.whenChanged((capabilityId, grants) => {
        this.#bots.get(capabilityId)?.narrow(grants);
        this.#bots.get(capabilityId)?.retry();
      }),
      parts.ownSecrets.whenChanged((capabilityId) => this.#bots.get(capabilityId)?.retry()),
    ];
    parts.vault.whenOpened(() => {
      for (const bot of this.#bots.values()) bot.vaultOpened();
    });
  }

  /** Starts those that a person started before this daemon, once nothing of an earlier one is left. Only a daemon calls it. */
  async begin(surroundings: Promise<RunSurroundings>): Promise<void> {
    this.#surroundings = surroundings;
    const settled = await surroundings;
    if (this.#isClosed) return;
    this.#trim();
    this.#trimming = setInterval(() => this.#trim(), DAY_MS).unref();
    for (const capability of this.#parts.registry.all()) {
      const { active, manifest, service } = capability;
      if (active && manifest.service && service === 'started') void this.#of(capability, settled).adjust();
    }
  }

  /** Resolves once its program is up. Throws why it cannot be started; it is tried again then as well. */
  async start(name: string): Promise<void> {
    await (await this.#find(name)).start();
  }

  /** Resolves once no process of it is left. */
  async stop(name: string): Promise<void> {
    await (await this.#find(name)).stop();
  }

  async restart(name: string): Promise<void> {
    await (await this.#find(name)).restart();
  }

  /** A capability was disabled, enabled or trusted: it is ended, or started if a person had started it. */
  async activeChanged(name: string): Promise<void> {
    const surroundings = await this.#surroundings;
    if (surroundings === undefined || this.#isClosed) return;
    const capability = this.#parts.registry.find(name);
    const bot = this.#bots.get(capability.id);
    if (bot) await bot.adjust();
    else if (capability.manifest.service) await this.#of(capability, surroundings).adjust();
  }

  /** Of a capability that is removed: resolves once no process of it is left. */
  async endAllOf(capabilityId: string): Promise<void> {
    const bot = this.#bots.get(capabilityId);
    await bot?.close(STOPPED);
    if (this.#bots.get(capabilityId) === bot) this.#bots.delete(capabilityId);
  }

  /** `undefined` for what is not a bot. */
  statusOf(name: string): BotStatus | undefined {
    const capability = this.#parts.registry.find(name);
    if (!capability.manifest.service) return undefined;
    return this.#bots.get(capability.id)?.status ?? idleStatus(capability, this.#transcriptOf(name));
  }

  /** Ends them all, which stay started for the next daemon. Never rejects. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const stopListening of this.#listening) stopListening();
    clearInterval(this.#trimming);
    await Promise.allSettled([...this.#bots.values()].map((bot) => bot.close(INTERRUPTED, CLOSING_MS)));
  }

  async #find(name: string): Promise<Bot> {
    if (this.#surroundings === undefined) throw withoutDaemon();
    const surroundings = await this.#surroundings;
    const capability = this.#parts.registry.find(name);
    if (!capability.manifest.service) throw noBot(name);
    if (this.#isClosed) throw shuttingDown();
    return this.#of(capability, surroundings);
  }

  #of(capability: Capability, surroundings: RunSurroundings): Bot {
    const known = this.#bots.get(capability.id);
    if (known) return known;
    const transcript = this.#transcriptOf(capability.name);
    const bot = new Bot(this.#env, this.#parts, { capability, surroundings, transcript });
    this.#bots.set(capability.id, bot);
    return bot;
  }

  #transcriptOf(name: string): DayTranscript {
    return new DayTranscript(this.#env, path.join(this.#options.transcripts, name));
  }

  #trim(): void {
    const { transcripts, keepDays } = this.#options;
    removeOldDays(transcripts, this.#env.clock.wall() - keepDays * DAY_MS);
  }
}

function noBot(name: string): SigilforgeError {
  return new SigilforgeError('invalid_params', `${name} is not a bot: its manifest has no "service": true.`, {
    hint: `Run it with: sigilforge capability run ${name}`,
  });
}
