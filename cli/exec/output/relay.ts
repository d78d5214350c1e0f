import { readSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { isErrno } from '../../../shared/errno.js';
import type { Source } from './channels.js';
import type { OutputMask, OutputRest } from './output-mask.js';

/**
 * Has another process go on with a source. Returns a function that tells it from where, or, without that, to end; `undefined`
 * if there is no such process.
 */
export type HandOver = (fd: number) => ((rest: OutputRest | undefined) => void) | undefined;

/** How long nothing is written before a person sees the few bytes that are held back: the last key, say. */
const PAUSE_MS = 30;

/** More than a pipe holds, so all that was there when the program ended. */
const MORE_THAN_A_PIPE = 1 << 20;

/**
 * Passes on what the program writes, through the mask, no faster than it is read. If our own reader has gone, it closes
 * the program's pipe, so that the program notices as well.
 */
export class Relay {
  readonly #source: Source;
  readonly #mask: OutputMask;
  readonly #target: NodeJS.WritableStream;
  readonly #ended: Promise<void>;
  /** Whether the last bytes, and so all before them, were written. */
  #written: Promise<boolean> = Promise.resolve(true);
  #isHandedOver = false;
  #pause: NodeJS.Timeout | undefined;

  constructor(source: Source, mask: OutputMask, target: NodeJS.WritableStream) {
    this.#source = source;
    this.#mask = mask;
    this.#target = target;
    source.stream.on('data', (chunk: Buffer) => {
      this.#write(mask.push(chunk));
      if (isTerminal(target)) this.#releaseLater();
    });
    this.#ended = closing(source.stream).then(async () => {
      clearTimeout(this.#pause);
      if (this.#isHandedOver) return;
      this.#write(mask.end());
      await this.#written;
    });
    // A failure is awaited by the caller.
    this.#ended.catch(() => undefined);
  }

  /** Resolves when every writer has closed its end, or our reader has gone. */
  get ended(): Promise<void> {
    return this.#ended;
  }

  get replacements(): number {
    return this.#mask.replacements;
  }

  /** Passes on what was written so far. Resolves when it has been written here. */
  async passOn(): Promise<void> {
    const { stream, fd } = this.#source;
    if (fd !== undefined && !stream.destroyed && !stream.readableEnded) {
      this.#readAll(fd);
      stream.resume();
    }
    if (isTerminal(this.#target)) this.#write(this.#mask.release());
    await this.#written;
  }

  /**
   * The program has exited: passes on what it has written, and hands over the rest if other programs still hold its output.
   * Resolves when this process has nothing more to do.
   */
  async finish(handOver: HandOver): Promise<void> {
    const { stream, fd } = this.#source;
    if (fd === undefined || stream.destroyed || stream.readableEnded) return this.#ended;
    if (this.#readAll(fd)) {
      stream.destroy();
      return this.#ended;
    }
    const proceed = handOver(fd);
    if (proceed === undefined) {
      stream.resume();
      return this.#ended;
    }
    this.#isHandedOver = true;
    clearTimeout(this.#pause);
    stream.destroy();
    proceed((await this.#written) ? this.#mask.rest : undefined);
  }

  #releaseLater(): void {
    clearTimeout(this.#pause);
    this.#pause = setTimeout(() => this.#write(this.#mask.release()), PAUSE_MS);
  }

  /** Reads all that is there in one turn, so that nothing is read meanwhile. Whether there are no writers any more. */
  #readAll(fd: number): boolean {
    const { stream } = this.#source;
    stream.pause();
    // Each chunk is emitted as well.
    while (stream.read() !== null);
    return this.#readRest(fd);
  }

  /** Reads what the stream has not read. Whether there are no writers any more. */
  #readRest(fd: number): boolean {
    const buffer = Buffer.alloc(1 << 16);
    for (let total = 0; total < MORE_THAN_A_PIPE; ) {
      const length = readAtOnce(fd, buffer);
      if (length === undefined) return false;
      if (length === 0) return true;
      this.#write(this.#mask.push(Buffer.from(buffer.subarray(0, length))));
      total += length;
    }
    return false;
  }

  /** The target's own listener reports what went wrong. */
  #write(bytes: Buffer): void {
    if (bytes.length === 0) return;
    const { stream } = this.#source;
    this.#written = new Promise((resolve) => {
      const isRoom = this.#target.write(bytes, (error) => {
        if (error) stream.destroy();
        resolve(!error);
      });
      if (isRoom || stream.destroyed) return;
      stream.pause();
      this.#target.once('drain', () => stream.resume());
    });
  }
}

function isTerminal(target: NodeJS.WritableStream): boolean {
  return 'isTTY' in target && target.isTTY === true;
}

function closing(stream: Readable): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.once('error', reject);
    stream.once('close', resolve);
  });
}

/** How many bytes were read, 0 at the end; `undefined` if there are none at the moment. */
function readAtOnce(fd: number, buffer: Buffer): number | undefined {
  try {
    return readSync(fd, buffer);
  } catch (thrown) {
    if (isErrno(thrown, 'EAGAIN')) return undefined;
    throw thrown;
  }
}
