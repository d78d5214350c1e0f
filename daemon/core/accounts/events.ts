import type { AccountEvent } from '../../../shared/contract/index.js';
import { type Clock, timestamp } from '../platform/clock.js';

type EventType = AccountEvent['type'];
/** An event before it belongs to anybody's subscription. */
export type CoreEvent = Omit<AccountEvent, 'subscription'>;
type Listener = (event: CoreEvent) => void;

/** Tells whoever listens what happened to an account. Never a value. */
export class Events {
  readonly #listeners = new Set<Listener>();
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Listens until the answer is called. */
  listen(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  emit(type: EventType, account: { id: string; service: string; account: string }): void {
    const event: CoreEvent = {
      topic: 'accounts',
      type,
      at: timestamp(this.#clock.wall()),
      account_id: account.id,
      service: account.service,
      account: account.account,
    };
    for (const listener of this.#listeners) {
      try {
        listener(event);
      } catch {
        // It has happened already: a listener that fails undoes nothing.
      }
    }
  }
}
