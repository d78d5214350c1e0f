import type { AccountEvent } from '../../../shared/contract/index.js';
import { timestamp } from '../platform/clock.js';
import type { AccountFields } from '../store/accounts.js';
import type { Env } from '../store/env.js';

type EventType = AccountEvent['type'];
type AccountKind = AccountFields['kind'];
/** An event before it belongs to a subscription. */
export type CoreEvent = Omit<AccountEvent, 'subscription'>;
/** What is called with an event, and with the kind of the account, which may be gone by then. */
type Listener = (event: CoreEvent, kind: AccountKind) => void;

/** Tells every listener what happened to an account. Never a value. */
export class Events {
  readonly #env: Pick<Env, 'clock'>;
  readonly #listeners = new Set<Listener>();

  constructor(env: Pick<Env, 'clock'>) {
    this.#env = env;
  }

  /** Listens until the returned function is called. */
  listen(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  emit(type: EventType, account: Pick<AccountFields, 'id' | 'service' | 'account' | 'kind'>): void {
    const event: CoreEvent = {
      topic: 'accounts',
      type,
      at: timestamp(this.#env.clock.wall()),
      account_id: account.id,
      service: account.service,
      account: account.account,
    };
    for (const listener of this.#listeners) {
      try {
        listener(event, account.kind);
      } catch {
        // The event has already happened: a listener that fails undoes nothing.
      }
    }
  }
}
