import type { AccountEvent } from '../../../shared/contract/index.js';
import { timestamp } from '../platform/clock.js';
import type { Env } from '../store/env.js';

type EventType = AccountEvent['type'];
/** An event before it belongs to a subscription. */
export type CoreEvent = Omit<AccountEvent, 'subscription'>;
type Listener = (event: CoreEvent) => void;

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

  emit(type: EventType, account: { id: string; service: string; account: string }): void {
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
        listener(event);
      } catch {
        // The event has already happened: a listener that fails undoes nothing.
      }
    }
  }
}
