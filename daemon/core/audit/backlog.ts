import { asSigilforgeError } from '../../../shared/errors.js';
import type { Env } from '../store/env.js';
import type { Actor, Entry } from './entry.js';
import type { Ledger } from './ledger.js';

/** Rows that wait are written within so many milliseconds, many at once. */
const SOON_MS = 50;
/** Rows of one transaction, so that no other write waits long. */
const BATCH = 500;
/** Rows that wait in memory while the disk takes none. */
const MOST = 10_000;

interface Options {
  /** Who a row about dropped rows names. */
  readonly self: Actor;
  /** Hears once that nothing is recorded for the moment, and why. */
  readonly notice?: ((sentence: string) => void) | undefined;
}

/** Rows that no answer waits for. */
export class Backlog {
  readonly #env: Env;
  readonly #ledger: Ledger;
  readonly #options: Options;
  readonly #entries: Entry[] = [];
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> | undefined;
  #isStuck = false;
  /** Calls whose rows were dropped since the last row about them. */
  #dropped = 0;

  constructor(env: Env, ledger: Ledger, options: Options) {
    this.#env = env;
    this.#ledger = ledger;
    this.#options = options;
  }

  /** Whether the disk took nothing when it was tried last. */
  get isStuck(): boolean {
    return this.#isStuck;
  }

  add(entry: Entry): void {
    if (this.#entries.length < MOST) this.#entries.push(entry);
    else this.#dropped += entry.count;
    if (!this.#isStuck) this.#timer ??= setTimeout(() => void this.flush(), SOON_MS).unref();
  }

  /** Writes what waits, as much as can be written. Never throws. */
  flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    // What comes while rows are written is written with them or after them.
    this.#writing = (this.#writing ?? Promise.resolve()).then(() => this.#writeAll());
    return this.#writing;
  }

  async #writeAll(): Promise<void> {
    try {
      while (this.#entries.length + this.#dropped > 0 && this.#ledger.isReady) await this.#writeSome();
    } catch (thrown) {
      this.#stuck(thrown);
    }
  }

  async #writeSome(): Promise<void> {
    const batch = this.#entries.slice(0, BATCH);
    const dropped = this.#dropped;
    await this.#ledger.write(() => (dropped > 0 ? [...batch, this.#aboutDropped(dropped)] : batch));
    this.#entries.splice(0, batch.length);
    this.#dropped -= dropped;
    if (this.#isStuck) this.#env.log.info('audit.written_again', { dropped });
    this.#isStuck = false;
  }

  #stuck(thrown: unknown): void {
    if (this.#isStuck) return;
    this.#isStuck = true;
    const { kind, message, hint } = asSigilforgeError(thrown);
    this.#env.log.warn('audit.not_written', { kind });
    this.#options.notice?.(`What is handed out cannot be recorded for the moment. ${message} ${hint}`);
  }

  #aboutDropped(count: number): Entry {
    const { self: actor } = this.#options;
    return {
      actor,
      at: this.#env.clock.wall(),
      method: 'audit',
      reference: null,
      outcome: 'dropped',
      count,
    };
  }
}
