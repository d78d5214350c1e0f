import type { Env } from '../store/env.js';
import { Backlog } from './backlog.js';
import type { Outcome } from './entry.js';
import { GroupCommit } from './group-commit.js';
import type { Ledger } from './ledger.js';
import { RecentActors } from './recent-actors.js';
import { Tallies } from './tallies.js';
import type { Who } from './who.js';

const SWEEP_MS = 1_000;
/** How long keys of rows that were written may stay in the log of the database. */
const OLD_KEYS_MS = 60_000;

interface Options {
  /** `audit.strict` in config.toml. */
  readonly strict: boolean;
  /** This process, for rows about the record itself. */
  readonly self: Who;
  readonly notice?: ((sentence: string) => void) | undefined;
}

/**
 * What hands out a credential, or refuses it, says so here. By default calls are counted (`Tallies`), and their rows are
 * written soon afterwards (`Backlog`). In strict mode each release has its own row, which its answer waits for
 * (`GroupCommit`). Both write to the `Ledger`.
 */
export class Audit {
  readonly #env: Env;
  readonly #ledger: Ledger;
  readonly #isStrict: boolean;
  readonly #actors = new RecentActors();
  readonly #tallies: Tallies;
  readonly #backlog: Backlog;
  readonly #strictly: GroupCommit;
  readonly #sweeping: NodeJS.Timeout;
  #beginning: Promise<void> = Promise.resolve();
  #droppedAt: number;

  constructor(env: Env, { ledger }: { readonly ledger: Ledger }, { strict, self, notice }: Options) {
    this.#env = env;
    this.#ledger = ledger;
    this.#isStrict = strict;
    this.#backlog = new Backlog(env, ledger, { self: this.#actors.of(self).actor, notice });
    this.#tallies = new Tallies(env, this.#actors, this.#backlog);
    this.#strictly = new GroupCommit(ledger);
    this.#droppedAt = env.clock.monotonic();
    this.#sweeping = setInterval(() => this.#sweep(), SWEEP_MS).unref();
  }

  /**
   * One answer hands out what these references name, once the result has resolved; `undefined`: now. `null`: what has no
   * reference. The result rejects with `store_unavailable` if it cannot be recorded, and then nothing may go out.
   */
  released(who: Who, method: string, ...references: readonly (string | null)[]): Promise<void> | undefined {
    if (this.#isStrict) return this.#store(who, method, references);
    for (const reference of references) this.#tallies.count(who, { method, reference, outcome: 'released' });
    return undefined;
  }

  /** Nothing goes out, for this reason. In strict mode too this is counted: what anyone may ask for must not fill the disk. */
  refused(who: Who, method: string, reference: string | null, outcome: Outcome): void {
    this.#tallies.count(who, { method, reference, outcome });
  }

  /** The vault is open: now the record can begin, and what has waited for that can be written. */
  opened(): void {
    // A disk that takes nothing is said when there is something to write.
    this.#beginning = this.#ledger.begin().then(
      () => this.settle(),
      () => undefined,
    );
  }

  /** Writes what waits, unless the disk takes nothing. */
  async settle(): Promise<void> {
    if (this.#backlog.isStuck) return;
    await this.#actors.settled();
    await this.#backlog.flush();
  }

  /** Writes everything that was counted. No answer may go out any more. */
  async close(): Promise<void> {
    clearInterval(this.#sweeping);
    await this.#beginning;
    await this.#actors.settled();
    this.#tallies.close();
    await this.#backlog.flush();
    await this.#ledger.dropOldKeys();
  }

  async #store(who: Who, method: string, references: readonly (string | null)[]): Promise<void> {
    const { actor, settled } = this.#actors.of(who);
    if (settled !== undefined) await settled;
    const at = this.#env.clock.wall();
    await this.#strictly.store(
      references.map((reference) => ({ actor, at, method, reference, outcome: 'released', count: 1 })),
    );
  }

  #sweep(): void {
    this.#tallies.sweep();
    if (this.#backlog.isStuck) void this.#backlog.flush();
    const now = this.#env.clock.monotonic();
    if (now - this.#droppedAt >= OLD_KEYS_MS) void this.#dropOldKeys(now);
  }

  /** If other programs keep the log of the database in use, it is tried again at the next sweep. */
  async #dropOldKeys(now: number): Promise<void> {
    if (await this.#ledger.dropOldKeys()) this.#droppedAt = now;
  }
}
