import { setTimeout as sleep } from 'node:timers/promises';
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
import { Kept } from './kept.js';
import { noDaemon } from './no-daemon.js';
import { openAgain } from './open-again.js';
import { errorHere } from './other-session.js';
import { onlyReads } from './repeatable.js';

/** How long a daemon that has ended in the middle of a call may take to come back, and how often to try, in milliseconds. */
const COME_BACK = { limitMs: 2_000, stepMs: 25 };

/** How often another connection is opened if each is to a daemon that is about to end. */
const MOST_TRIES = 200;

/**
 * What a client keeps when it connects again: the address, the time limit, the listeners, what it was narrowed to, its
 * subscriptions and its doors.
 */
export class Session {
  readonly #address: Address;
  readonly #timeout: number;
  readonly #listeners = new Set<(event: SigilforgeEvent) => void>();
  #connection: DaemonConnection | undefined;
  #opening: Promise<boolean> | undefined;
  #closed = false;
  readonly #kept = new Kept();
  #isComingBack = false;
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

  /** One call, over a new connection if the last one has ended. Only one that reads is sent twice, if its answer is lost. */
  async call<M extends MethodName>(method: M, params: ParamsOf<M> | undefined): Promise<ResultOf<M>> {
    const connection = this.#connection?.open ? this.#connection : await this.#reconnect();
    try {
      return await this.#ask(connection, method, params);
    } catch (thrown) {
      if (!connection.lost || !onlyReads(method) || this.#closed) throw thrown;
    }
    return this.#ask(await this.#reconnect(COME_BACK.limitMs), method, params);
  }

  async subscribe(params: ParamsOf<'subscribe'>): Promise<ResultOf<'subscribe'>> {
    const result = await this.call('subscribe', params);
    this.#kept.subscribed(params, result);
    this.#comeBack();
    return result;
  }

  async unsubscribe({ subscription }: ParamsOf<'unsubscribe'>): Promise<ResultOf<'unsubscribe'>> {
    const result = await this.call('unsubscribe', { subscription: this.#kept.idNow(subscription) });
    this.#kept.unsubscribed(subscription);
    return result;
  }

  async openDoor(params: ParamsOf<'open_door'>): Promise<ResultOf<'open_door'>> {
    const term = Term.ofSeconds(params.expires_in_s ?? undefined);
    const connection = this.#connection?.open ? this.#connection : await this.#reconnect();
    const result = await this.#ask(connection, 'open_door', params);
    this.#kept.opened(connection, params, { door: result.door, term });
    this.#comeBack();
    return result;
  }

  async closeDoor(params: ParamsOf<'close_door'>): Promise<ResultOf<'close_door'>> {
    const result = await this.call('close_door', params);
    this.#kept.closed(params.door);
    return result;
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

  async #ask<M extends MethodName>(
    connection: DaemonConnection,
    method: M,
    params: ParamsOf<M> | undefined,
  ): Promise<ResultOf<M>> {
    try {
      return await connection.call(method, params, this.#timeout + waitingTime(method, params));
    } catch (thrown) {
      throw await errorHere(thrown, connection.address);
    }
  }

  /** `patienceMs`: how long to wait for a daemon that does not listen. */
  async #reconnect(patienceMs = 0): Promise<DaemonConnection> {
    const limit = performance.now() + patienceMs;
    for (let tries = 0; ; tries += 1) {
      if (this.#closed) throw closedError();
      const isFound = await this.open();
      if (this.#closed) throw closedError();
      if (this.#connection?.open) return this.#connection;
      // One that was found and is about to end has its successor at its place in a moment.
      if (isFound ? tries >= MOST_TRIES : performance.now() >= limit) throw noDaemon(this.#address);
      await sleep(COME_BACK.stepMs);
    }
  }

  async #connect(): Promise<boolean> {
    /** Of subscriptions whose ids are not known yet. */
    const early: SigilforgeEvent[] = [];
    let isRestored = !this.#kept.any;
    const connection = await openConnection(this.#address, (event) => {
      if (isRestored) this.#hear(event);
      else early.push(event);
    });
    await this.#narrowAgain(connection);
    if (connection) await this.#kept.restore(connection, this.#timeout).catch(() => undefined);
    isRestored = true;
    for (const event of early) this.#hear(event);
    this.#connection = connection;
    void connection?.ending.then(() => this.#comeBack());
    if (this.#closed) connection?.close(closedError());
    else connection?.hold(this.#listeners.size > 0);
    return connection !== undefined;
  }

  #hear(event: SigilforgeEvent): void {
    for (const listener of this.#listeners) listener(this.#kept.known(event));
  }

  /** Opens another connection without a call, for what is kept. A listener waits for a while. */
  #comeBack(): void {
    const isWanted = () => !this.#closed && this.#kept.any && this.#connection?.open !== true;
    if (this.#isComingBack || !isWanted()) return;
    this.#isComingBack = true;
    const attempt = async () => ((await this.open()) && this.#connection?.open) || undefined;
    void openAgain(attempt, isWanted, () => this.#listeners.size > 0).finally(() => {
      this.#isComingBack = false;
      this.#comeBack();
    });
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
