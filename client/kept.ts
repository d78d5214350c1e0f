import type { ParamsOf, ResultOf, SigilforgeEvent } from '../shared/contract/index.js';
import type { Term } from '../shared/term.js';
import type { DaemonConnection } from './connection.js';

interface KeptDoor {
  readonly params: ParamsOf<'open_door'>;
  readonly term: Term | undefined;
}

/** What a client has of a connection and gets again with the next one: its subscriptions, and its doors at their paths. */
export class Kept {
  /** Of each subscription, by the id that the client knows, what it is for, and its id of now. */
  readonly #subscriptions = new Map<string, { readonly params: ParamsOf<'subscribe'>; now: string }>();
  readonly #doors = new Map<string, KeptDoor>();

  get any(): boolean {
    return this.#subscriptions.size > 0 || this.#doors.size > 0;
  }

  subscribed(params: ParamsOf<'subscribe'>, { subscription }: ResultOf<'subscribe'>): void {
    this.#subscriptions.set(subscription, { params, now: subscription });
  }

  unsubscribed(subscription: string): void {
    this.#subscriptions.delete(subscription);
  }

  /** The id that the daemon knows a subscription by. */
  idNow(subscription: string): string {
    return this.#subscriptions.get(subscription)?.now ?? subscription;
  }

  /** An event with the id that the client knows. */
  known(event: SigilforgeEvent): SigilforgeEvent {
    for (const [subscription, { now }] of this.#subscriptions)
      if (now === event.subscription) return { ...event, subscription };
    return event;
  }

  /** `term`: begun before it was asked for. */
  opened(
    connection: DaemonConnection,
    params: ParamsOf<'open_door'>,
    { door, term }: { readonly door: string; readonly term: Term | undefined },
  ): void {
    this.#doors.set(door, { params: { ...params, door }, term });
    this.#follow(connection, door);
  }

  closed(door: string): void {
    this.#doors.delete(door);
  }

  /** Asks for all of it again. What is refused is not asked for any more. */
  async restore(connection: DaemonConnection, timeout: number): Promise<void> {
    for (const [id, kept] of this.#subscriptions) {
      const made = await given(connection, connection.call('subscribe', kept.params, timeout));
      if (made) kept.now = made.subscription;
      else this.#subscriptions.delete(id);
    }
    for (const [door, { params, term }] of this.#doors) {
      const left = { expires_in_s: term?.leftSeconds };
      if (await given(connection, connection.call('open_door', { ...params, ...left }, timeout)))
        this.#follow(connection, door);
      else this.closed(door);
    }
  }

  #follow(connection: DaemonConnection, door: string): void {
    connection.whenDoorClosed(door, () => this.closed(door));
  }
}

/** `undefined` for what the daemon refuses. Throws if the connection has ended. */
async function given<T>(connection: DaemonConnection, asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked;
  } catch (thrown) {
    if (!connection.open) throw thrown;
    return undefined;
  }
}
