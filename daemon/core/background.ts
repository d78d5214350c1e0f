import { asSigilforgeError } from '../../shared/errors.js';
import type { Usage } from './accounts/usage.js';
import type { Asking } from './asking/open.js';
import type { Audit } from './audit/audit.js';
import type { Retention } from './audit/retention.js';
import type { Bots } from './bots/bots.js';
import type { Keychain } from './keychain/keychain.js';
import type { LogEvent } from './platform/log.js';
import type { Vals } from './references/vals.js';
import type { Refresher } from './refresh/refresher.js';
import type { Rereading } from './refresh/rereading.js';
import type { Scheduler } from './refresh/scheduler.js';
import type { History } from './runs/history.js';
import type { Runs } from './runs/runs.js';
import type { Secrets } from './secrets/secrets.js';
import type { PendingSignIns } from './sign-in/pending.js';
import type { Env } from './store/env.js';
import type { Vault } from './vault/vault.js';
import type { VaultKeys } from './vault/vault-keys.js';

const SAVE_USAGE_MS = 60_000;
const TRIM_MS = 86_400_000;

interface Collaborators {
  readonly scheduler: Scheduler;
  readonly refresher: Refresher;
  readonly rereading: Rereading;
  readonly signIns: PendingSignIns;
  readonly secrets: Secrets;
  readonly usage: Usage;
  readonly vals: Vals;
  readonly vault: Vault;
  readonly vaultKeys: VaultKeys;
  readonly keychain: Keychain;
  readonly audit: Audit;
  readonly retention: Retention;
  readonly runs: Runs;
  readonly bots: Bots;
  readonly history: History;
  readonly asking: Asking;
  /** Removes copies of the database from before a migration that is long over. */
  readonly removeOldCopies: () => void;
}

/** What runs by itself, and the order in which everything ends. */
export class Background {
  readonly #env: Env;
  readonly #services: Collaborators;
  readonly #saving: NodeJS.Timeout;
  #trimming: NodeJS.Timeout | undefined;
  #tends = false;
  #closes = false;
  /** What a program without a daemon does of the chores. */
  #advancing: Promise<void> = Promise.resolve();

  constructor(env: Env, services: Collaborators) {
    this.#env = env;
    this.#services = services;
    const { vault, vals, usage, vaultKeys, audit } = services;
    // A locked vault keeps nothing that was looked up while it was open.
    vault.whenClosed(() => vals.forget());
    vault.whenOpened(() => audit.opened());
    vault.whenOpened(() => {
      if (this.#tends) return;
      const advance = () => vaultKeys.advanceRotation(() => this.#closes);
      this.#advancing = this.#advancing.then(() => this.#attempt('leftovers.failed', advance));
    });
    this.#saving = setInterval(
      () => void this.#attempt('usage.not_saved', () => usage.save()),
      SAVE_USAGE_MS,
    ).unref();
  }

  /** Refreshes ahead of time from now on, and does the chores of a start whenever the vault opens. */
  async tend(): Promise<void> {
    const { scheduler, vault, retention, history, removeOldCopies } = this.#services;
    this.#tends = true;
    scheduler.start();
    vault.whenOpened(() => void this.#settle());
    const trim = () => {
      void this.#attempt('leftovers.failed', async () => removeOldCopies());
      void this.#attempt('leftovers.failed', () => retention.trim());
      void this.#attempt('leftovers.failed', () => history.trim());
    };
    // The others come when the vault opens.
    await this.#attempt('leftovers.failed', async () => removeOldCopies());
    this.#trimming = setInterval(trim, TRIM_MS).unref();
    await vault.unlocked();
  }

  /**
   * Ends everything, each before what it needs:
   *
   * 1. The timers, so that nothing begins by itself any more.
   * 2. What waits for a person or for an outside program: nothing under way needs its answer. Runs are ended with their
   *    processes, and what they said is stored.
   * 3. The exchanges under way. Their answers must be stored, or the grants are lost, so the vault's keys and the store
   *    have to outlive them: first refreshes with their unstored answers, then sign-ins.
   * 4. When accounts were last used and what was handed out, once no answer can be handed out any more.
   * 5. The keys, then the keychain that they may have been read from, then the store that everything above writes to.
   */
  async close(): Promise<void> {
    const { scheduler, signIns, vals, refresher, vault, usage, keychain, audit } = this.#services;
    const { runs, bots, history, asking } = this.#services;
    this.#closes = true;
    clearInterval(this.#saving);
    clearInterval(this.#trimming);
    scheduler.stop();
    signIns.close();
    asking.secretRequests.close();
    await Promise.all([
      this.#attempt('run.failed', () => runs.close()),
      this.#attempt('run.failed', () => bots.close()),
    ]);
    await this.#attempt('run.failed', () => history.close());
    vals.close();
    await refresher.end();
    await vault.settled();
    await this.#advancing;
    await this.#attempt('usage.not_saved', () => usage.save());
    await audit.close();
    vault.close();
    await keychain.close();
    this.#env.db.close();
  }

  /** Finishes what an earlier process has left, which is possible only while the vault is open. */
  async #settle(): Promise<void> {
    const { refresher, rereading, secrets, vaultKeys, retention, history } = this.#services;
    const chores: (() => unknown)[] = [
      () => refresher.adoptRescued(),
      () => rereading.retry(),
      () => secrets.tend(),
      () => vaultKeys.finishRotation(),
      () => retention.trim(),
      () => history.trim(),
      // A process that was killed may have left there what it had just deleted.
      () => this.#env.db.truncateLog(),
    ];
    // One that fails keeps none of the others from being done.
    for (const chore of chores) await this.#attempt('leftovers.failed', async () => void (await chore()));
  }

  /** No caller waits for this work: a failure is a line in the log. */
  async #attempt(failed: LogEvent, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (thrown) {
      this.#env.log.warn(failed, { kind: asSigilforgeError(thrown).kind });
    }
  }
}
