import {
  type MethodName,
  type ParamsOf,
  type ResultOf,
  type SigilforgeEvent,
  WAIT_FLOW_S,
  WAIT_RUN_S,
} from '../shared/contract/index.js';
import { SigilforgeError } from '../shared/errors.js';
import { MOST_RUN_S } from '../shared/manifest.js';
import { Term } from '../shared/term.js';
import type { Address } from './address.js';
import { type DaemonConnection, openConnection } from './connection.js';
import { noDaemon } from './no-daemon.js';
import { errorHere } from './other-session.js';

/** What a client keeps when it connects again: the address, the time limit, the listeners, and what it was narrowed to. */
export class Session {
  readonly #address: Address;
  readonly #timeout: number;
  readonly #listeners = new Set<(event: SigilforgeEvent) => void>();
  #connection: DaemonConnection | undefined;
  #opening: Promise<boolean> | undefined;
  #closed = false;
  /** What it was narrowed to, and until when. */
  #narrowed: ParamsOf<'restrict'> | undefined;
  #term: Term | undefined;

  /** `timeout`: milliseconds for one call. */
  constructor(address: Address, timeout: number) {
    this.#address = address;
    this.#timeout = timeout;
  }

  /** Connects. Resolves to `false` if no daemon listens. Concurrent callers share one connection. */
  open(): Promise<boolean> {
    this.#opening ??= this.#connect().finally(() => {
      this.#opening = undefined;
    });
    return this.#opening;
  }

  /** One call, over a new connection if the last one has ended. It is never sent twice. */
  async call<M extends MethodName>(method: M, params: ParamsOf<M> | undefined): Promise<ResultOf<M>> {
    const connection = this.#connection?.open ? this.#connection : await this.#reconnect();
    try {
      return await connection.call(method, params, this.#timeout + waitingTime(method, params));
    } catch (thrown) {
      throw await errorHere(thrown, connection.address);
    }
  }

  /** Narrows this connection, and each one that comes after it. */
  async restrict(params: ParamsOf<'restrict'>): Promise<ResultOf<'restrict'>> {
    const term = Term.ofSeconds(params.expires_in_s ?? undefined);
    const result = await this.call('restrict', params);
    this.#narrowed = { name: params.name, ...this.#narrowed, grants: result.grants };
    this.#term = Term.first(this.#term, term);
    return result;
  }

  /** The path where the daemon was found, if it has one and a daemon was found. */
  get socket(): string | null {
    return this.#connection?.address ?? null;
  }

  onEvent(listener: (event: SigilforgeEvent) => void): () => void {
    this.#listeners.add(listener);
    this.#connection?.hold(true);
    return () => {
      this.#listeners.delete(listener);
      this.#connection?.hold(this.#listeners.size > 0);
    };
  }

  async close(): Promise<void> {
    this.#closed = true;
    const connection = this.#connection;
    if (connection === undefined) return;
    connection.close(closedError());
    await connection.closed;
  }

  async #reconnect(): Promise<DaemonConnection> {
    if (this.#closed) throw closedError();
    await this.open();
    if (this.#closed) throw closedError();
    if (!this.#connection?.open) throw noDaemon(this.#address);
    return this.#connection;
  }

  async #connect(): Promise<boolean> {
    const connection = await openConnection(this.#address, (event) => {
      for (const listener of this.#listeners) listener(event);
    });
    await this.#narrowAgain(connection);
    this.#connection = connection;
    if (this.#closed) connection?.close(closedError());
    else connection?.hold(this.#listeners.size > 0);
    return connection !== undefined;
  }

  /** Before anything else is asked: otherwise a daemon that is restarted would give more than before. */
  async #narrowAgain(connection: DaemonConnection | undefined): Promise<void> {
    if (this.#narrowed === undefined || connection === undefined) return;
    try {
      const left = { expires_in_s: this.#term?.leftSeconds };
      await connection.call('restrict', { ...this.#narrowed, ...left }, this.#timeout);
    } catch (thrown) {
      connection.disconnect();
      throw thrown;
    }
  }
}

/** How long the daemon waits if `timeout_s` does not say, in seconds. */
const WAITS: Partial<Record<MethodName, number>> = { wait_flow: WAIT_FLOW_S, wait_run: WAIT_RUN_S };

/** How long a call may wait by its own nature, in milliseconds: a run as long as a manifest may allow it. */
function waitingTime(method: MethodName, params: object = {}): number {
  if (method === 'run_capability') return 'wait' in params && params.wait === true ? 1000 * MOST_RUN_S : 0;
  const usual = WAITS[method];
  if (usual === undefined) return 0;
  const seconds = 'timeout_s' in params ? params.timeout_s : undefined;
  return 1000 * (typeof seconds === 'number' ? seconds : usual);
}

function closedError(): SigilforgeError {
  return new SigilforgeError('cancelled', 'This client is closed.', {
    hint: 'Open another one with connect().',
  });
}
