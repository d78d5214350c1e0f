import type { AccountEvent } from '../../../shared/contract/index.js';
import { timestamp } from '../platform/clock.js';
import { Listeners } from '../platform/listeners.js';
import type { AccountFields } from '../store/accounts.js';
import type { Env } from '../store/env.js';

type EventType = AccountEvent['type'];
type AccountKind = AccountFields['kind'];
/** An event before it belongs to a subscription. */
export type CoreEvent = Omit<AccountEvent, 'subscription'>;
/** An event, and the kind of its account, which may be gone by then. */
type Told = [event: CoreEvent, kind: AccountKind];

/** Tells every listener what happened to an account. Never a value. */
export class Events {
  readonly #env: Pick<Env, 'clock'>;
  readonly #listeners = new Listeners<Told>();

  constructor(env: Pick<Env, 'clock'>) {
    this.#env = env;
  }

  /** Listens until the returned function is called. */
  listen(listener: (...told: Told) => void): () => void {
    return this.#listeners.listen(listener);
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
    this.#listeners.tell(event, account.kind);
  }
}
