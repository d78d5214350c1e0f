import { setMaxListeners } from 'node:events';
import type { Socket } from 'node:net';
import type { Leaving, SigilforgeEvent } from '../../shared/contract/index.js';
import { asSigilforgeError, SigilforgeError } from '../../shared/errors.js';
import type { Who } from '../core/audit/who.js';
import { Rights } from '../handlers/rights.js';
import type { Budget } from './budget.js';
import { Calls, type Started } from './calls.js';
import { Deadline } from './deadline.js';
import { httpRefusal, isHttp, notJson } from './first-line.js';
import { Inbox, sizeOf } from './inbox.js';
import type { Limits } from './limits.js';
import { Outbox } from './outbox.js';
import type { Occupant, Places } from './places.js';
import type { Rounds } from './rounds.js';
import type { Caller, Dispatcher } from './rpc.js';
import { type Starter, Turn } from './turn.js';

/** The JSON of an error that belongs to no request. */
function errorText(thrown: unknown): string {
  return JSON.stringify({ jsonrpc: '2.0', id: null, error: asSigilforgeError(thrown).toWire() });
}

/** In characters. */
const LONG_LINE = 16 * 1024;

/** What the connections of a server share. */
export interface Shared {
  readonly dispatch: Dispatcher;
  readonly limits: Limits;
  readonly rounds: Rounds;
  readonly budget: Budget;
  readonly places: Places<Connection>;
}

/** Counts what connections do, to say which of them was active last. */
let activity = 0;

/** One client: reads its lines, has their calls run, writes the answers, and keeps the client within its limits. */
export class Connection implements Caller, Occupant, Starter {
  readonly who: Who;
  readonly rights: Rights;
  readonly #socket: Socket;
  readonly #shared: Shared;
  readonly #inbox: Inbox;
  readonly #calls: Calls;
  readonly #outbox: Outbox;
  readonly #turn: Turn;
  readonly #gone = new AbortController();
  readonly #halfLine: Deadline;
  readonly #unread: Deadline;
  readonly #linger: Deadline;
  /** What a client is told that has made a fault, after the answers to the lines before it. */
  #refusal: string | undefined;
  /** No more lines are taken, and the connection ends when its calls are answered. */
  #ending = false;
  #inputOver = false;
  /** The client is told when the daemon is about to end. */
  #expectsLeaving = false;
  /** The daemon is about to end. */
  #leaving: Leaving | undefined;
  #keeps = 0;
  #lastActive = ++activity;

  /** The socket must be `allowHalfOpen`, so that a client that sends its last request and closes its side is answered. */
  constructor(socket: Socket, who: Who, shared: Shared, rights = new Rights()) {
    const { limits } = shared;
    this.#socket = socket;
    this.#shared = shared;
    this.who = who;
    this.rights = rights;
    this.#inbox = new Inbox(limits, rights.run !== undefined);
    this.#calls = new Calls(limits);
    this.#outbox = new Outbox(socket, limits.unread, () => this.#drained());
    this.#turn = new Turn(this, shared.rounds, limits);
    this.#halfLine = new Deadline(limits.halfLineMs, () =>
      this.#refuse(errorText(new SigilforgeError('timeout', 'A line was started and not finished in time.'))),
    );
    this.#unread = new Deadline(limits.unreadMs, () => socket.destroy());
    this.#linger = new Deadline(limits.lingerMs, () => socket.destroy());
    // One signal serves any number of waiting requests, which is not a leak.
    setMaxListeners(0, this.#gone.signal);
    socket.on('data', (chunk) => this.#receive(chunk));
    socket.on('end', () => this.#inputEnded());
    socket.on('finish', () => this.#linger.start());
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.#closed());
  }

  /** Also aborted when the last call of a client has begun that has ended its side: it may be gone for all that is known. */
  get gone(): AbortSignal {
    return this.#gone.signal;
  }

  get isBusy(): boolean {
    return this.#calls.isBusy || this.#inbox.any;
  }

  get isKept(): boolean {
    return this.#keeps > 0;
  }

  get isNarrowed(): boolean {
    return this.rights.isNarrowed;
  }

  /** Whether the daemon waits for it before it ends: the program of a run is ended with its connection still open. */
  get mustLeave(): boolean {
    return this.rights.run === undefined;
  }

  get lastActive(): number {
    return this.#lastActive;
  }

  assertMayCall(method: string): void {
    this.#shared.places.assertMayCall(this, method);
  }

  keep(): () => void {
    this.#shared.places.assertMayKeep(this);
    this.#keeps += 1;
    let isOver = false;
    return () => {
      if (!isOver) this.#keeps -= 1;
      isOver = true;
    };
  }

  notify(event: SigilforgeEvent): void {
    this.#notify('event', event);
  }

  doorClosed(door: string): void {
    this.#notify('door_closed', { door });
  }

  expectLeaving(): boolean {
    this.#expectsLeaving = true;
    if (this.#leaving) this.#notify('leaving', this.#leaving);
    return this.#leaving !== undefined;
  }

  /** Has the client go: one that expects it is told. One that may be about to ask has time to, and others are ended. */
  leave(how: Leaving): void {
    this.#leaving = how;
    if (this.#expectsLeaving) this.#notify('leaving', how);
    else if (!this.#inbox.isAtFirst && !this.isBusy) this.#stopReading();
  }

  /** The daemon does not end after all. */
  stay(): void {
    this.#leaving = undefined;
  }

  /** Ends once the running requests are answered, without waiting for those that wait. Resolves when it has closed. */
  finish(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#socket.once('close', () => resolve()));
    this.#stopReading();
    return closed;
  }

  /** Says that the door which it came through is closed, unless much is unread, and ends at once. */
  shutOut(door: string): void {
    this.doorClosed(door);
    this.#outbox.end();
    this.destroy();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  #receive(chunk: Buffer): void {
    if (this.#ending || this.#refusal !== undefined) return;
    this.#lastActive = ++activity;
    // Lines of an earlier chunk are still here: the client is faster than its turns.
    if (this.#inbox.any) this.#socket.pause();
    this.#read(() => this.#inbox.push(chunk));
    this.#noteHeld();
    this.#turn.begin();
  }

  #read(read: () => void): void {
    try {
      read();
    } catch (thrown) {
      this.#refusal = errorText(thrown);
    }
    if (this.#inbox.any) this.#halfLine.stop();
  }

  get mayStart(): boolean {
    if (this.#outbox.full || this.#socket.destroyed) return false;
    return this.#calls.mayStart || (this.#inbox.any && this.#calls.mayTake);
  }

  /** Starts the next call. If there is none that may start, it reads on, rests, or ends. */
  startNext(isAdded: boolean): boolean {
    if (this.#socket.destroyed) return false;
    this.#noteHeld();
    const started = this.#next(isAdded);
    if (started) this.#start(started);
    if (this.#ending) this.#endIfDone();
    else if (started) this.#readOn();
    else if (this.#inbox.any || this.#calls.full || this.#outbox.full) this.#rest();
    else this.#expectMore();
    // A call that does not have to wait for others has begun its work by then.
    if (this.#inputOver && this.#nothingWillBegin) setImmediate(() => this.#gone.abort());
    return started !== undefined;
  }

  /** The last call has begun, or no other may before one is over that may wait for ever. */
  get #nothingWillBegin(): boolean {
    return (!this.#inbox.any && this.#calls.allBegun) || this.#calls.full || this.#outbox.full;
  }

  #start(started: Started): void {
    this.#turn.started(started);
    started.call.run().then((answer) => this.#answered(started, answer));
  }

  /** In a turn that was not added, heavy calls and long lines wait for one that is. */
  #next(isAdded: boolean): Started | undefined {
    while (!this.#outbox.full) {
      const next = this.#calls.next(isAdded);
      if (next || !this.#takeLine(isAdded)) return next;
    }
    return undefined;
  }

  /** Takes a line if there is one, and says whether it did. */
  #takeLine(isAdded: boolean): boolean {
    const { next: line, isAtFirst } = this.#inbox;
    if (line === undefined || !this.#calls.mayTake) return false;
    const size = sizeOf(line);
    if (size > LONG_LINE && !isAdded) return false;
    this.#inbox.shift();
    const dispatched = this.#shared.dispatch(line, this);
    if (isAtFirst && !dispatched.isJson) return this.#refuseAll(line);
    this.#calls.take(dispatched, size);
    return true;
  }

  /** A client that speaks something else: what follows must not be taken for requests. Nothing of it is taken. */
  #refuseAll(firstLine: string | null): false {
    this.#refusal = firstLine !== null && isHttp(firstLine) ? httpRefusal() : errorText(notJson());
    this.#inbox.dropLines();
    return false;
  }

  #answered(started: Started, answer: string | undefined): void {
    this.#lastActive = ++activity;
    const text = this.#calls.answered(started, answer);
    if (text !== undefined) this.#send(text);
    this.#turn.answered(started);
  }

  /** All lines that have come are taken. */
  #expectMore(): void {
    if (this.#refusal !== undefined) this.#refuse(this.#refusal);
    else if (this.#inputOver) this.#stopReading();
    else {
      if (this.#inbox.hasHalfLine) this.#halfLine.start();
      if (this.#socket.isPaused()) this.#socket.resume();
    }
  }

  /** The call that has just started may take long: what comes behind it does not wait for it. */
  #readOn(): void {
    if (this.#refusal !== undefined || this.#inputOver) return;
    if (!this.#inbox.any && !this.#calls.full && !this.#outbox.full) this.#expectMore();
  }

  /** At a limit the client cannot finish a half line, so its time does not count. */
  #rest(): void {
    this.#halfLine.stop();
    this.#socket.pause();
  }

  #notify(method: string, params: object): void {
    this.#send(JSON.stringify({ jsonrpc: '2.0', method, params }));
  }

  #send(text: string): void {
    if (!this.#socket.writable) return;
    this.#outbox.send(text);
    this.#noteHeld();
    if (!this.#outbox.full) return;
    this.#unread.start();
    if (!this.#ending) this.#rest();
  }

  #drained(): void {
    if (this.#outbox.full || !this.#socket.writable) return;
    this.#unread.stop();
    this.#turn.proceed();
  }

  #inputEnded(): void {
    this.#inputOver = true;
    if (!this.#ending && this.#refusal === undefined) this.#read(() => this.#inbox.end());
    this.#turn.begin();
  }

  #refuse(text: string): void {
    this.#send(text);
    this.#stopReading();
  }

  /** Takes no more lines, and ends when the calls of the last one are answered. */
  #stopReading(): void {
    this.#ending = true;
    this.#inbox.dropLines();
    this.#halfLine.stop();
    // Input that still comes is thrown away: left unread, it would turn our end into a reset.
    this.#socket.resume();
    this.#endIfDone();
  }

  #endIfDone(): void {
    if (this.#calls.any) return;
    this.#unread.start();
    this.#outbox.end();
  }

  #noteHeld(): void {
    if (this.#socket.destroyed) return;
    this.#shared.budget.note(this, this.#inbox.bytes + this.#calls.bytes + this.#outbox.bytes);
  }

  #closed(): void {
    for (const deadline of [this.#halfLine, this.#unread, this.#linger]) deadline.stop();
    this.#ending = true;
    this.#inbox.dropLines();
    this.#shared.budget.note(this, 0);
    this.#gone.abort();
  }
}
