import type { Socket } from 'node:net';
import { paramsOf } from '../../../client/messages.js';
import { openAgain } from '../../../client/open-again.js';
import { SigilforgeError } from '../../../shared/errors.js';
import { encodeLine, LineDecoder } from '../../../shared/framing.js';
import { parseJson } from '../../../shared/json.js';
import { HALF_LINE_MS, readLines } from './program-lines.js';
import { answeredIds, MOST_KEPT, type RequestLine, requestLine, Unanswered } from './requests.js';

/** Opens another narrowed connection, `undefined` if that is not possible now. */
type Open = () => Promise<Socket | undefined>;

/** How long things may take, in milliseconds. */
export interface RelayLimits {
  /** For a request to wait for a daemon that is away: a restart takes less. */
  readonly patienceMs: number;
  /** For a line to stay half written. */
  readonly halfLineMs: number;
}

const LIMITS: RelayLimits = { patienceMs: 10_000, halfLineMs: HALF_LINE_MS };

/** How often a line is sent again. It may be the reason why each connection ends. */
const MOST_REPEATS = 3;

/** A line that waits for the daemon, until its time is over. */
interface Held {
  readonly line: RequestLine;
  readonly limit: NodeJS.Timeout;
}

/**
 * Passes on the lines of a program's descriptor to a narrowed connection, and the answers back. When that ends, as in a
 * restart of the daemon, it opens another one. It keeps no process alive.
 */
export class Relay {
  readonly #program: Socket;
  readonly #open: Open;
  readonly #limits: RelayLimits;
  readonly #unanswered = new Unanswered();
  readonly #held = new Set<Held>();
  /** How often lines were sent again. */
  readonly #repeats = new WeakMap<RequestLine, number>();
  #daemon: Socket | undefined;
  /** The daemon is about to end: what comes now is for the next one. */
  #isLeaving = false;
  #state: 'open' | 'withdrawn' | 'over' = 'open';

  /** `daemon`: the first connection, paused. */
  constructor(program: Socket, daemon: Socket, open: Open, limits: Partial<RelayLimits> = {}) {
    this.#program = program.unref();
    this.#open = open;
    this.#limits = { ...LIMITS, ...limits };
    this.#attach(daemon);
    program.on('drain', () => this.#pace());
    program.on('close', () => this.close());
    readLines(program, this.#limits.halfLineMs, {
      line: (text) => this.#receive(text),
      refused: (error) => this.#refuse([null], false, error),
    });
    this.#pace();
  }

  /** From now on every request is denied, at once. */
  withdraw(): void {
    if (this.#state !== 'open') return;
    this.#state = 'withdrawn';
    for (const line of [...this.#unanswered.takeAll(), ...this.#takeHeld()]) this.#deny(line);
    this.#daemon?.destroy();
  }

  close(): void {
    this.#state = 'over';
    this.#takeHeld();
    this.#daemon?.destroy();
    this.#program.destroy();
  }

  #receive(text: string | null): void {
    const value = parseJson(text ?? '');
    if (text === null || value === undefined) {
      this.#refuse([null], false, new SigilforgeError('parse_error', 'The line is not JSON.'));
      return;
    }
    // The daemon takes no line break of another kind before the first line of a connection.
    const line = requestLine(text.trim(), value);
    if (this.#state === 'withdrawn') this.#deny(line);
    else if (line.narrows) this.#refuse(line.ids, line.isBatch, notForOne());
    else if (this.#daemon === undefined || this.#isLeaving) this.#hold(line);
    else this.#send(line, this.#daemon);
    this.#pace();
  }

  #send(line: RequestLine, daemon: Socket): void {
    this.#unanswered.add(line);
    daemon.write(`${line.text}\n`);
  }

  #hold(line: RequestLine): void {
    const limit = setTimeout(() => {
      this.#held.delete(held);
      this.#refuse(line.ids, line.isBatch, away());
      this.#pace();
    }, this.#limits.patienceMs).unref();
    const held: Held = { line, limit };
    this.#held.add(held);
  }

  #takeHeld(): RequestLine[] {
    const held = [...this.#held];
    this.#held.clear();
    for (const { limit } of held) clearTimeout(limit);
    return held.map(({ line }) => line);
  }

  #attach(daemon: Socket): void {
    this.#daemon = daemon.unref();
    this.#isLeaving = false;
    daemon.write(encodeLine({ jsonrpc: '2.0', method: 'expect_leaving' }));
    const decoder = new LineDecoder();
    daemon.on('data', (chunk: Buffer) => {
      for (const line of decoder.push(chunk)) this.#answer(line ?? '');
      this.#pace();
    });
    daemon.on('drain', () => this.#pace());
    daemon.on('error', () => daemon.destroy());
    daemon.on('end', () => daemon.destroy());
    daemon.on('close', () => this.#lost());
    for (const line of this.#takeHeld()) this.#send(line, daemon);
    this.#pace();
  }

  #answer(text: string): void {
    const value = parseJson(text);
    if (paramsOf(value, 'door_closed') !== undefined) {
      this.withdraw();
      return;
    }
    if (paramsOf(value, 'leaving') !== undefined) {
      this.#isLeaving = true;
    } else {
      this.#unanswered.answered(answeredIds(value));
      this.#program.write(`${text}\n`);
    }
    if (this.#isLeaving && !this.#unanswered.any) this.#daemon?.destroy();
  }

  #lost(): void {
    this.#daemon = undefined;
    if (this.#state === 'over') return;
    for (const line of this.#unanswered.takeAll()) {
      if (this.#mayRepeat(line)) this.#hold(line);
      else this.#refuse(line.ids, line.isBatch, lost());
    }
    this.#pace();
    void this.#openAgain();
  }

  #mayRepeat(line: RequestLine): boolean {
    const repeats = (this.#repeats.get(line) ?? 0) + 1;
    this.#repeats.set(line, repeats);
    return line.isRepeatable && repeats <= MOST_REPEATS;
  }

  async #openAgain(): Promise<void> {
    const isOpen = () => this.#state === 'open';
    const daemon = await openAgain(this.#open, isOpen);
    if (isOpen() && daemon !== undefined) this.#attach(daemon);
    else daemon?.destroy();
  }

  #deny({ ids, isBatch }: RequestLine): void {
    this.#refuse(ids, isBatch, withdrawn());
  }

  #refuse(ids: RequestLine['ids'], isBatch: boolean, error: SigilforgeError): void {
    const answers = ids.map((id) => ({ jsonrpc: '2.0', id, error: error.toWire() }));
    if (answers.length === 0 || !this.#program.writable) return;
    this.#program.write(encodeLine(isBatch ? answers : answers[0]));
    this.#pace();
  }

  /** Reads of each side only what the other one takes, and no more of the program once much waits for a daemon. */
  #pace(): void {
    const characters = [...this.#held].reduce((sum, { line }) => sum + line.text.length, 0);
    const isFull = this.#held.size >= MOST_KEPT.lines || characters >= MOST_KEPT.characters;
    if (isFull || this.#program.writableNeedDrain || this.#daemon?.writableNeedDrain) this.#program.pause();
    else this.#program.resume();
    if (this.#program.writableNeedDrain) this.#daemon?.pause();
    else this.#daemon?.resume();
  }
}

function withdrawn(): SigilforgeError {
  return new SigilforgeError(
    'denied',
    'What was granted to this program was withdrawn, or its time is over.',
    {
      hint: 'If the program still needs it, start it again with a grant for that.',
    },
  );
}

/** It would hold for all processes that have the descriptor, which did not ask for it. */
function notForOne(): SigilforgeError {
  return new SigilforgeError(
    'daemon_unavailable',
    'Other programs may use SIGILFORGE_FD as well, so it cannot be narrowed for one of them.',
    { hint: 'Narrow a connection to SIGILFORGE_SOCKET, or start a program that needs less with --grant.' },
  );
}

function away(): SigilforgeError {
  return new SigilforgeError('daemon_unavailable', 'The daemon is away, and has not come back in time.');
}

function lost(): SigilforgeError {
  return new SigilforgeError(
    'daemon_unavailable',
    'The daemon went away during the call, so the call may or may not have been carried out.',
    { hint: 'Check the daemon with: sigilforge daemon status' },
  );
}
