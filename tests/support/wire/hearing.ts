import type { SigilforgeClient } from '../../../client/index.js';
import type { AccountEvent } from '../../../shared/contract/index.js';

/** The events of one subscription. */
export interface Hearing {
  /** Every one so far, oldest first. */
  readonly events: readonly AccountEvent[];
  /** Resolves with the first one of this type, past or to come. */
  heard(type: AccountEvent['type']): Promise<AccountEvent>;
  /** Ends the subscription; the client still listens. */
  end(): Promise<void>;
}

/** Subscribes to the events of accounts. */
export async function hear(api: SigilforgeClient): Promise<Hearing> {
  // Those of other subscriptions of the same client too: the first may be here before the answer that names ours.
  const all: AccountEvent[] = [];
  const waiting = new Set<() => void>();
  api.onEvent((event) => {
    if (event.topic === 'accounts') all.push(event);
    for (const look of waiting) look();
  });
  const { subscription } = await api.subscribe({ topics: ['accounts'] });
  const events = () => all.filter((event) => event.subscription === subscription);
  return {
    get events() {
      return events();
    },
    heard: (type) =>
      new Promise((resolve) => {
        const look = (): void => {
          const found = events().find((event) => event.type === type);
          if (!found) return;
          waiting.delete(look);
          resolve(found);
        };
        waiting.add(look);
        look();
      }),
    async end() {
      await api.unsubscribe({ subscription });
    },
  };
}
