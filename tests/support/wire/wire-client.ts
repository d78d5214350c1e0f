import net from 'node:net';
import { encodeLine, LineDecoder } from '../../../shared/framing.js';

/** What a peer answers, as JSON gives it. */
export interface WireAnswer {
  readonly jsonrpc?: string;
  readonly id?: unknown;
  readonly method?: string;
  readonly params?: unknown;
  readonly result?: unknown;
  readonly error?: { code: number; message: string; data?: { kind?: string; hint?: string } };
}

/** A client of the wire that may send anything at all, byte by byte. */
export class WireClient {
  readonly socket: net.Socket;
  /** Resolves when the connection has ended, however it did. */
  readonly ended: Promise<void>;
  readonly #lines: string[] = [];
  readonly #waiting: ((line: string | undefined) => void)[] = [];
  #over = false;

  private constructor(socket: net.Socket) {
    this.socket = socket;
    const decoder = new LineDecoder();
    socket.on('data', (chunk: Buffer) => {
      for (const line of decoder.push(chunk)) this.#take(line ?? '');
    });
    socket.on('error', () => undefined);
    socket.on('end', () => this.#end());
    this.ended = new Promise((resolve) => {
      socket.on('close', () => {
        this.#end();
        resolve();
      });
    });
  }

  static connect(path: string): Promise<WireClient> {
    return new Promise((resolve, reject) => {
      const socket = net.connect({ path, allowHalfOpen: true });
      socket.once('error', reject);
      socket.once('connect', () => {
        socket.off('error', reject);
        resolve(new WireClient(socket));
      });
    });
  }

  send(bytes: string | Uint8Array): void {
    this.socket.write(bytes);
  }

  /** The next line, or `undefined` once the peer has ended the connection. */
  line(): Promise<string | undefined> {
    const line = this.#lines.shift();
    if (line !== undefined || this.#over) return Promise.resolve(line);
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** The next line as JSON, whatever it holds. */
  async answer(): Promise<WireAnswer & WireAnswer[]> {
    const line = await this.line();
    if (line === undefined) throw new Error('The connection ended without an answer.');
    return JSON.parse(line);
  }

  /** Sends a line of text, or anything else as JSON, and waits for the next line. */
  async ask(message: unknown): Promise<WireAnswer & WireAnswer[]> {
    this.send(typeof message === 'string' ? `${message}\n` : encodeLine(message));
    return await this.answer();
  }

  /** One request of the contract, answered under its own id. */
  async call(method: string, params: object = {}, id: unknown = 1): Promise<WireAnswer> {
    return await this.ask({ jsonrpc: '2.0', method, params, id });
  }

  async stop(): Promise<void> {
    this.socket.destroy();
    await this.ended;
  }

  #end(): void {
    this.#over = true;
    for (const give of this.#waiting.splice(0)) give(undefined);
  }

  #take(line: string): void {
    const give = this.#waiting.shift();
    if (give) give(line);
    else this.#lines.push(line);
  }
}
