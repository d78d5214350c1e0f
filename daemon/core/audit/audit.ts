import type { Env } from '../store/env.js';
import { Backlog } from './backlog.js';
import { type Caller, Callers, type Tally } from './callers.js';
import { type Asker, doorOf, type Identity, type Outcome, type Subject } from './entry.js';
import { GroupCommit } from './group-commit.js';
import type { Ledger } from './ledger.js';

/** What happens again and again has one row in so many milliseconds. */
const MINUTE_MS = 60_000;
const SWEEP_MS = 1_000;
/** Different things that one caller has rows of its own for at the same time; further ones are counted together. */
const MOST_OF_CALLER = 256;
/** The same of all callers. */
const MOST = 16_384;

interface Options {
  /** `audit.strict` in config.toml. */
  readonly strict: boolean;
  /** Who this process is, for rows about the record itself. */
  readonly self: Identity;
  readonly notice?: ((sentence: string) => void) | undefined;
}

/**
 * Says to the record what left the vault and what was refused. What happens for the first time has a row at once; what goes on
 * has one a minute, with a count. In strict mode each release has its own row, which its answer waits for.
 */
export class Audit {
  readonly #env: Env;
  readonly #ledger: Ledger;
  readonly #isStrict: boolean;
  readonly #callers = new Callers();
  readonly #byAsker = new WeakMap<Asker, Caller>();
  readonly #backlog: Backlog;
  readonly #strictly: GroupCommit;
  readonly #sweeping: NodeJS.Timeout;
  #tallies = 0;
  #isClosed = false;
  #beginning: Promise<void> = Promise.resolve();
  #tidiedAt: number;

  constructor(env: Env, { ledger }: { readonly ledger: Ledger }, { strict, self, notice }: Options) {
    this.#env = env;
    this.#ledger = ledger;
    this.#isStrict = strict;
    this.#backlog = new Backlog(env, ledger, { self: this.#callers.of(self).origin, notice });
    this.#strictly = new GroupCommit(ledger);
    this.#tidiedAt = env.clock.monotonic();
    this.#sweeping = setInterval(() => this.#sweep(MINUTE_MS), SWEEP_MS).unref();
  }

  /**
   * A credential goes out to `asker`, once the result has resolved; `undefined`: now. The result rejects with
   * `store_unavailable` if the release cannot be recorded, and then nothing may go out.
   */
  released(asker: Asker, method: string, reference: string | null): Promise<void> | undefined {
    if (this.#isStrict) return this.#store(asker, method, [reference]);
    this.#count(asker, method, reference, 'released');
    return undefined;
  }

  /** The same for several credentials of one answer. */
  releasedAll(asker: Asker, method: string, references: readonly string[]): Promise<void> | undefined {
    if (this.#isStrict) return this.#store(asker, method, references);
    for (const reference of references) this.#count(asker, method, reference, 'released');
    return undefined;
  }

  /** Nothing goes out, for this reason. In strict mode too this is counted: what anyone may ask for must not fill the disk. */
  refused(asker: Asker, method: string, reference: string | null, outcome: Outcome): void {
    this.#count(asker, method, reference, outcome);
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
    await this.#scriptsKnown();
    await this.#backlog.flush();
  }

  /** Writes everything that was counted. No answer may go out any more. */
  async close(): Promise<void> {
    clearInterval(this.#sweeping);
    await this.#beginning;
    await this.#scriptsKnown();
    this.#sweep(0);
    this.#isClosed = true;
    await this.#backlog.flush();
    await this.#ledger.dropOldKeys();
  }

  async #scriptsKnown(): Promise<void> {
    await Promise.all([...this.#callers.all()].map(({ settled }) => settled));
  }

  async #store(asker: Asker, method: string, references: readonly (string | null)[]): Promise<void> {
    const { origin, settled } = this.#callerOf(asker);
    if (settled !== undefined) await settled;
    const at = this.#env.clock.wall();
    await this.#strictly.store(
      references.map((reference) => ({ origin, at, method, reference, outcome: 'released', count: 1 })),
    );
  }

  /** One look-up if the same has happened within the last minute. */
  #count(asker: Asker, method: string, reference: string | null, outcome: Outcome): void {
    const caller = this.#callerOf(asker);
    const tally = caller.tallies.get(`${method} ${outcome} ${reference}`);
    if (tally) tally.count += 1;
    else this.#countFirst(caller, { method, reference, outcome });
  }

  #countFirst(caller: Caller, subject: Subject): void {
    const { tallies } = caller;
    const isFull = tallies.size >= MOST_OF_CALLER || this.#tallies >= MOST;
    const { method, outcome, reference } = isFull ? { ...subject, reference: null } : subject;
    const name = `${method} ${outcome} ${reference}`;
    const known = tallies.get(name);
    if (known) {
      known.count += 1;
      return;
    }
    const tally: Tally = { method, reference, outcome, count: 1, recordedAt: 0 };
    tallies.set(name, tally);
    this.#tallies += 1;
    this.#record(caller, tally);
  }

  #callerOf(asker: Asker): Caller {
    const known = this.#byAsker.get(asker);
    if (known && !known.isForgotten && known.origin.door === doorOf(asker)) return known;
    const caller = this.#callers.of({ ...asker.who, door: doorOf(asker) });
    this.#byAsker.set(asker, caller);
    return caller;
  }

  /** Has a row written for what was counted. */
  #record({ origin, settled }: Caller, tally: Tally): void {
    const { method, reference, outcome, count } = tally;
    const entry = { origin, at: this.#env.clock.wall(), method, reference, outcome, count };
    tally.count = 0;
    tally.recordedAt = this.#env.clock.monotonic();
    if (this.#isClosed) return;
    if (settled !== undefined) void settled.then(() => this.#backlog.add(entry));
    else this.#backlog.add(entry);
  }

  /** If other programs keep the log of the database in use, it is tried again at the next sweep. */
  async #tidy(now: number): Promise<void> {
    if (await this.#ledger.dropOldKeys()) this.#tidiedAt = now;
  }

  /** Records what was counted in rows that are `ageMs` old, and forgets what did not happen again. */
  #sweep(ageMs: number): void {
    const now = this.#env.clock.monotonic();
    for (const caller of this.#callers.all()) {
      for (const [name, tally] of caller.tallies) {
        if (now - tally.recordedAt < ageMs) continue;
        if (tally.count === 0) {
          caller.tallies.delete(name);
          this.#tallies -= 1;
        } else if (!this.#backlog.isStuck || ageMs === 0) this.#record(caller, tally);
      }
    }
    this.#callers.prune();
    if (this.#backlog.isStuck) void this.#backlog.flush();
    if (now - this.#tidiedAt >= MINUTE_MS) void this.#tidy(now);
  }
}
