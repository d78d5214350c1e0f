// The package's index loads its server too, which costs every command a millisecond.
import { JSONRPCClient } from 'json-rpc-2.0/dist/client.js';
import type { JSONRPCResponse } from 'json-rpc-2.0/dist/models.js';
import * as v from 'valibot';
import {
  contract,
  DoorClosed,
  Leaving,
  type MethodName,
  type ParamsOf,
  type ResultOf,
  SigilforgeEvent,
} from '../shared/contract/index.js';
import { fromWire, SigilforgeError } from '../shared/errors.js';
import { MAX_TIMER_MS } from '../shared/limits.js';
import { parse } from '../shared/validate.js';
import type { Address } from './address.js';
import { lostConnection, notADaemon } from './connection-errors.js';
import { isAnswer, paramsOf } from './messages.js';
import type { Reached } from './open-lines.js';
import { reach } from './reach.js';
import type { Lines } from './socket.js';
import { incompatibility } from './version-check.js';

/** Errors that a peer of another protocol may cause. Only after these is it worth asking for its protocol. */
const DOUBTFUL = new Set(['method_not_found', 'invalid_params', 'internal_error']);

/** Connects to the daemon. Resolves to `undefined` if none listens. */
export async function openConnection(
  address: Address,
  onEvent: (event: SigilforgeEvent) => void = () => {},
): Promise<DaemonConnection | undefined> {
  const reached = await reach(address);
  return reached && new DaemonConnection(reached, onEvent);
}

/** Calls over one connection. Answers may come in any order; each is checked before the caller sees it. */
export class DaemonConnection {
  /** Resolves when the connection has ended. */
  readonly closed: Promise<void>;
  /** Resolves when no more calls may be made: the daemon is about to end, or the connection has. */
  readonly ending: Promise<void>;
  /** Where the daemon was found; `null` for an inherited descriptor. */
  readonly address: string | null;
  readonly #lines: Lines;
  readonly #onEvent: (event: SigilforgeEvent) => void;
  readonly #rpc: JSONRPCClient;
  readonly #pending = new Set<number>();
  readonly #closedDoors = new Set<string>();
  readonly #doorWatchers = new Map<string, () => void>();
  #lastId = 0;
  #open = true;
  #lost = false;
  /** The daemon has said that it is about to end: no call begins on this connection any more. */
  #leaving: Leaving | undefined;
  #beEnding = (): void => {};
  #announced = false;
  #held = false;

  constructor({ lines, socket }: Reached, onEvent: (event: SigilforgeEvent) => void) {
    this.address = socket;
    this.#lines = lines;
    this.#onEvent = onEvent;
    this.#rpc = new JSONRPCClient((message) => lines.send(message));
    this.ending = new Promise((resolve) => {
      this.#beEnding = resolve;
    });
    this.closed = new Promise((resolve) => {
      lines.listen({
        message: (value) => this.#receive(value),
        closed: () => {
          this.#lost = this.#open;
          this.#end(lostConnection());
          resolve();
        },
      });
    });
  }

  /** Whether calls may still be made. */
  get open(): boolean {
    return this.#open && this.#leaving === undefined;
  }

  /** Whether the daemon has ended it, or the system, with the calls that had no answer. */
  get lost(): boolean {
    return this.#lost;
  }

  /** Whether another daemon follows the one that it leads to. */
  get succeeded(): boolean {
    return this.#leaving?.successor === true;
  }

  /** One call of the contract, with a limit in milliseconds. */
  async call<M extends MethodName>(
    method: M,
    params: ParamsOf<M> | undefined,
    timeout: number,
  ): Promise<ResultOf<M>> {
    try {
      const result = await this.request(method, params, timeout);
      return parse(contract[method].result, result, `The daemon's answer to ${method}`, 'internal_error');
    } catch (thrown) {
      if (!(thrown instanceof SigilforgeError) || !DOUBTFUL.has(thrown.kind)) throw thrown;
      throw (await this.#incompatibility(timeout)) ?? thrown;
    }
  }

  /** A call whose result is not checked, which works with daemons of any protocol. */
  async request(method: string, params: object | undefined, timeout: number): Promise<unknown> {
    if (!this.open)
      throw new SigilforgeError('daemon_unavailable', 'The connection to the daemon has ended.');
    const id = ++this.#lastId;
    const timer = setTimeout(
      () => this.#settle(id, new SigilforgeError('timeout', `The daemon did not answer ${method} in time.`)),
      Math.min(timeout, MAX_TIMER_MS),
    );
    this.#pending.add(id);
    this.#keepAlive();
    this.#expectLeaving();
    try {
      const answer = await this.#rpc.requestAdvanced({ jsonrpc: '2.0', method, params, id });
      if (answer.error) throw fromWire(answer.error);
      return answer.result;
    } finally {
      clearTimeout(timer);
      this.#pending.delete(id);
      this.#lines.forget(id);
      this.#keepAlive();
      this.#leaveIfDone();
    }
  }

  /** Calls `then` once another client has closed this door of this connection, at once if that was before. */
  whenDoorClosed(door: string, then: () => void): void {
    if (this.#closedDoors.has(door)) then();
    else this.#doorWatchers.set(door, then);
  }

  /** Keeps the process alive even while no call is pending: for events, or for the end of the daemon. */
  hold(held: boolean): void {
    this.#held = held;
    this.#keepAlive();
  }

  /** Ends the connection. Pending calls fail with `error`. */
  close(error: SigilforgeError): void {
    this.#end(error);
    this.#lines.destroy();
  }

  /** Ends a connection that is no longer needed. */
  disconnect(): void {
    this.close(
      new SigilforgeError('cancelled', 'The connection was closed.', {
        hint: 'Open another one with connect().',
      }),
    );
  }

  #receive(message: unknown): void {
    const event = paramsOf(message, 'event');
    const closing = paramsOf(message, 'door_closed');
    const leaving = paramsOf(message, 'leaving');
    if (event !== undefined) this.#notify(event);
    else if (leaving !== undefined) this.#leave(leaving);
    else if (closing !== undefined) this.#noteClosing(closing);
    else if (!isAnswer(message)) {
      this.close(notADaemon());
    } else if (message.id !== null) this.#rpc.receive(message as JSONRPCResponse);
    // An error of the connection itself, such as one connection too many.
    else if (message.error) this.close(fromWire(message.error));
  }

  /** As a notification, which daemons that do not know it pass over. */
  #expectLeaving(): void {
    if (this.#announced) return;
    this.#announced = true;
    // Behind the first call, and together with it.
    queueMicrotask(() => this.#lines.send({ jsonrpc: '2.0', method: 'expect_leaving' }));
  }

  #leave(params: unknown): void {
    const leaving = v.safeParse(Leaving, params);
    this.#leaving = leaving.success ? leaving.output : { successor: false };
    this.#beEnding();
    this.#leaveIfDone();
  }

  #leaveIfDone(): void {
    if (this.#leaving && this.#open && this.#pending.size === 0) this.disconnect();
  }

  #notify(params: unknown): void {
    const event = v.safeParse(SigilforgeEvent, params);
    if (event.success) this.#onEvent(event.output);
  }

  #noteClosing(params: unknown): void {
    const closing = v.safeParse(DoorClosed, params);
    if (!closing.success) return;
    this.#closedDoors.add(closing.output.door);
    this.#doorWatchers.get(closing.output.door)?.();
  }

  #end(error: SigilforgeError): void {
    this.#open = false;
    this.#beEnding();
    for (const id of this.#pending) this.#settle(id, error);
  }

  #settle(id: number, error: SigilforgeError): void {
    this.#rpc.receive({ jsonrpc: '2.0', id, error: error.toWire() });
  }

  #keepAlive(): void {
    this.#lines.keepAlive(this.#held || this.#pending.size > 0);
  }

  async #incompatibility(timeout: number): Promise<SigilforgeError | undefined> {
    try {
      const status = await this.request('status', undefined, timeout);
      return incompatibility(v.parse(v.looseObject({ protocol: v.number() }), status).protocol);
    } catch {
      return undefined;
    }
  }
}
