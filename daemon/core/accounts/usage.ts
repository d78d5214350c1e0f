import type { Clock } from '../platform/clock.js';
import type { AccountStore } from '../store/accounts.js';
import type { Sqlite } from '../store/sqlite.js';

/** When each account was last used. Kept in memory, since a hot answer writes nothing, and stored now and then. */
export class Usage {
  readonly #db: Sqlite;
  readonly #store: AccountStore;
  readonly #clock: Clock;
  readonly #unsaved = new Map<string, number>();

  constructor({ db, store, clock }: { db: Sqlite; store: AccountStore; clock: Clock }) {
    this.#db = db;
    this.#store = store;
    this.#clock = clock;
  }

  touch(accountId: string): void {
    this.#unsaved.set(accountId, this.#clock.wall());
  }

  lastUsed(accountId: string): number | undefined {
    return this.#unsaved.get(accountId);
  }

  async save(): Promise<void> {
    if (this.#unsaved.size === 0) return;
    const used = [...this.#unsaved];
    this.#unsaved.clear();
    await this.#db.write(() => {
      for (const [id, at] of used) this.#store.used(id, at);
    });
  }
}
