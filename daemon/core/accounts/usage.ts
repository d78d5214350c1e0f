import type { AccountStore } from '../store/accounts.js';
import type { Env } from '../store/env.js';

/** When each account was last used. Kept in memory, because a hot answer writes nothing, and stored from time to time. */
export class Usage {
  readonly #env: Env;
  readonly #store: AccountStore;
  readonly #unsaved = new Map<string, number>();

  constructor(env: Env, { store }: { readonly store: AccountStore }) {
    this.#env = env;
    this.#store = store;
  }

  markUsed(accountId: string): void {
    this.#unsaved.set(accountId, this.#env.clock.wall());
  }

  /** Milliseconds since 1970; `undefined` if the stored time is still right. */
  lastUsed(accountId: string): number | undefined {
    return this.#unsaved.get(accountId);
  }

  async save(): Promise<void> {
    if (this.#unsaved.size === 0) return;
    const used = [...this.#unsaved];
    this.#unsaved.clear();
    await this.#env.db.write(() => {
      for (const [id, at] of used) this.#store.markUsed(id, at);
    });
  }
}
