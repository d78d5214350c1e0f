import { lstatSync } from 'node:fs';
import net from 'node:net';
import * as v from 'valibot';
import { fromWire, isWireError, SigilforgeError } from '../../shared/errors.js';
import { encodeLine, LineDecoder } from '../../shared/framing.js';
import { isRecord, parseJson } from '../../shared/json.js';
import { assertPrivate } from '../../shared/ownership.js';
import type { Paths } from '../../shared/paths.js';
import { readPresence } from '../../shared/presence.js';
import { parse } from '../../shared/validate.js';

/** How long it may take to answer, in milliseconds. */
const ANSWER_MS = 10_000;

const Identity = v.object({
  pid: v.number(),
  version: v.string(),
  started_by: v.optional(v.nullable(v.string()), null),
});
type Identity = v.InferOutput<typeof Identity>;

/** The daemon that runs, over a connection that lasts until it has ended. */
export class Predecessor {
  readonly socket: string;
  readonly identity: Identity;
  readonly #line: Line;

  private constructor(socket: string, line: Line, identity: Identity) {
    this.socket = socket;
    this.identity = identity;
    this.#line = line;
  }

  /** The daemon of this data folder. `undefined` if none has written its place, or if another program listens there. */
  static async find({ presence }: Paths): Promise<Predecessor | undefined> {
    const written = readPresence(presence);
    const line = written && (await Line.open(written.socket));
    if (line === undefined) return undefined;
    try {
      const identity = parse(Identity, await line.ask('status'), "The daemon's status", 'incompatible');
      if (identity.pid === written?.pid) return new Predecessor(written.socket, line, identity);
    } catch {
      // It ends, hangs, or is something else.
    }
    line.end();
    return undefined;
  }

  /** Asks it to end once it has answered its clients. One of an older version ends at once. */
  async makeWay(): Promise<void> {
    try {
      await this.#line.ask('shutdown', { successor: true });
    } catch (thrown) {
      if (!(thrown instanceof SigilforgeError) || thrown.kind !== 'invalid_params') throw thrown;
      await this.#line.ask('shutdown');
    }
  }

  /** If it has not ended by now, it stays. */
  disconnect(): void {
    this.#line.end();
  }
}

/** One request after the other over a connection of its own. */
class Line {
  readonly #socket: net.Socket;
  readonly #decoder = new LineDecoder();
  #answered: (answer: unknown) => void = () => {};

  private constructor(socket: net.Socket) {
    this.#socket = socket;
    socket.on('data', (chunk: Buffer) => {
      for (const line of this.#decoder.push(chunk)) this.#answered(parseJson(line ?? ''));
    });
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.#answered(undefined));
  }

  /** `undefined` if the socket is not one of this user's, or nothing listens at it. */
  static async open(address: string): Promise<Line | undefined> {
    try {
      assertPrivate(address, lstatSync(address));
    } catch {
      return undefined;
    }
    const socket = net.connect(address);
    return new Promise((resolve) => {
      socket.once('connect', () => resolve(new Line(socket)));
      socket.once('error', () => resolve(undefined));
    });
  }

  /** The result. Throws the daemon's error, and `daemon_unavailable` if there is no answer. */
  async ask(method: string, params?: object): Promise<unknown> {
    const limit = setTimeout(() => this.#socket.destroy(), ANSWER_MS);
    const answer = await new Promise<unknown>((resolve) => {
      this.#answered = resolve;
      if (this.#socket.destroyed) resolve(undefined);
      else this.#socket.write(encodeLine({ jsonrpc: '2.0', id: 1, method, params }));
    });
    clearTimeout(limit);
    const { result, error } = isRecord(answer) ? answer : {};
    if (isWireError(error)) throw fromWire(error);
    if (isRecord(result)) return result;
    throw new SigilforgeError('daemon_unavailable', 'The daemon that runs does not answer.');
  }

  end(): void {
    this.#socket.destroy();
  }
}
