import type { Link } from '../store/audit.js';
import type { Env } from '../store/env.js';
import type { Sealer, Vault } from '../vault/vault.js';
import { followed } from './chain.js';
import type { Ledger } from './ledger.js';

/** Rows that one transaction removes, so that no other write waits long. */
const BATCH = 500;
const DAY_MS = 86_400_000;

interface Collaborators {
  readonly ledger: Ledger;
  readonly vault: Vault;
}

/** Removes old rows. The chain then begins behind them, with a key that is sealed as the first one was. */
export class Retention {
  readonly #env: Env;
  readonly #ledger: Ledger;
  readonly #vault: Vault;
  readonly #keepMs: number;
  #isDamaged = false;

  /** `keepDays`: `audit.keep_days` in config.toml. */
  constructor(env: Env, { ledger, vault }: Collaborators, { keepDays }: { readonly keepDays: number }) {
    this.#env = env;
    this.#ledger = ledger;
    this.#vault = vault;
    this.#keepMs = keepDays * DAY_MS;
  }

  /** Does nothing while the vault is closed. Rows that are not what was recorded stay, with all that come after them. */
  async trim(): Promise<void> {
    let any = false;
    while (this.#vault.isOpen && (await this.#trimSome())) any = true;
    // The log has the key of the rows that are gone.
    if (any) await this.#env.db.truncateLog();
  }

  async #trimSome(): Promise<boolean> {
    const sealer = await this.#vault.unlocked();
    return this.#env.db.write(() => this.#removeOldest(sealer));
  }

  /** Returns whether any were removed. */
  #removeOldest(sealer: Sealer): boolean {
    const { store } = this.#ledger;
    const anchor = store.anchor();
    if (!anchor) return false;
    const kept = store.firstSince(this.#env.clock.wall() - this.#keepMs) ?? store.end().lastSeq + 1;
    const old = store.behind(Number.MIN_SAFE_INTEGER, BATCH).filter(({ seq }) => seq < kept);
    const last = old.at(-1);
    if (!last) return false;
    let link: Link | undefined = this.#ledger.open(sealer, anchor);
    for (const record of old) link &&= followed(link, record);
    if (!link) return this.#found();
    store.removeBefore(link.seq);
    this.#ledger.anchor(sealer, link, last.at);
    return true;
  }

  /** What is damaged is kept for `verify` to find. */
  #found(): false {
    if (!this.#isDamaged) this.#env.log.warn('audit.damaged');
    this.#isDamaged = true;
    return false;
  }
}
