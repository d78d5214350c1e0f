import type { Readable } from 'node:stream';
import type { MessageRole } from '../../../shared/contract/index.js';
import { cut } from './cut.js';
import { BRACE, ByteLines, TextLines } from './lines.js';
import { type ProtocolLine, type Result, readLine } from './protocol.js';
import type { Redaction } from './redaction.js';

const MiB = 1024 * 1024;
/** The longest line for us, and all that is printed besides, unless it is endless. */
const MOST_BYTES = 16 * MiB;
/** Of one message, one line of output and the response. */
const MOST_TEXT_BYTES = MiB / 4;
/** Messages and lines of output that are kept, unless it is endless. */
const MOST_NOTES = 10_000;
const MOST_ERROR_BYTES = 8 * 1024;

interface Options {
  readonly redaction: Redaction;
  /** Of a program that stays up: each line has its limit, and all of them together have none. */
  readonly isEndless: boolean;
  /** Keeps what was said, redacted. */
  readonly note: (role: MessageRole, content: string) => void;
  /** Too much was written: the run is to end. */
  readonly overflowed: (sentence: string) => void;
}

/** Reads everything that a run says, redacts it and hands it on, within limits. */
export class Output {
  readonly #options: Options;
  readonly #streams: Readable[] = [];
  #printedBytes = 0;
  #notes = 0;
  #isOver = false;
  #result: Result | undefined;
  #failure: string | undefined;

  constructor(options: Options) {
    this.#options = options;
  }

  /** The last one, if there is one. */
  get result(): Result | undefined {
    return this.#result;
  }

  /** What the program says went wrong, redacted. */
  get failure(): string | undefined {
    return this.#failure;
  }

  /** A stream whose lines may be for us; the others are output. */
  readProtocol(stream: Readable): void {
    const lines = new ByteLines();
    const printed = this.#printer();
    const take = (whole: Buffer): void => {
      const said = whole[0] === BRACE ? readLine(whole.toString('utf8')) : undefined;
      if (said) this.#heed(said);
      else printed.push(whole);
    };
    this.#read(stream, {
      push: (chunk) => {
        for (const whole of lines.push(chunk)) if (!this.#isOver) take(whole);
        if (lines.pendingBytes > MOST_BYTES) this.#overflow('It wrote a line of more than 16 MiB.');
      },
      end: () => {
        if (lines.pendingBytes > 0) take(lines.end());
        printed.end();
      },
    });
  }

  /** A stream that is only output. */
  readPlain(stream: Readable): void {
    this.#read(stream, this.#printer());
  }

  #read(stream: Readable, reader: { push(chunk: Buffer): void; end(): void }): void {
    this.#streams.push(stream);
    let hasEnded = false;
    const end = (): void => {
      if (hasEnded || this.#isOver) return;
      hasEnded = true;
      reader.end();
    };
    stream.on('data', (chunk: Buffer) => {
      if (!this.#isOver) reader.push(chunk);
    });
    // One of them comes in any case, also if the stream is given up.
    stream.on('end', end);
    stream.on('close', end);
    stream.on('error', () => stream.destroy());
  }

  #printer(): { push(chunk: Buffer): void; end(): void } {
    const redacted = this.#options.redaction.stream();
    const lines = new TextLines(MOST_TEXT_BYTES);
    const print = (bytes: Buffer): void => {
      for (const line of lines.push(bytes)) this.#note('output', line);
    };
    return {
      push: (chunk) => {
        if (!this.#options.isEndless) this.#printedBytes += chunk.length;
        if (this.#printedBytes > MOST_BYTES) this.#overflow('It printed more than 16 MiB.');
        else if (this.#notes <= MOST_NOTES) print(redacted.push(chunk));
      },
      end: () => {
        print(redacted.end());
        for (const line of lines.end()) this.#note('output', line);
      },
    };
  }

  #heed(said: ProtocolLine): void {
    const { redaction } = this.#options;
    switch (said.type) {
      case 'message':
        this.#note(said.role, cut(redaction.text(said.content), MOST_TEXT_BYTES));
        break;
      case 'result':
        if (Buffer.byteLength(said.response) <= MOST_TEXT_BYTES) this.#result = said;
        else this.#fail('Its response has more than 256 KiB.');
        break;
      case 'error':
        this.#fail(cut(redaction.text(said.message), MOST_ERROR_BYTES));
        break;
      case 'wrong':
        this.#fail(said.sentence);
    }
  }

  #fail(sentence: string): void {
    this.#failure ??= sentence;
  }

  #note(role: MessageRole, content: string): void {
    if (this.#isOver) return;
    if (!this.#options.isEndless) this.#notes += 1;
    if (this.#notes <= MOST_NOTES) this.#options.note(role, content);
    else if (this.#notes === MOST_NOTES + 1) this.#options.note('output', DROPPED);
  }

  /** Nothing more is read: who writes on finds no reader. */
  #overflow(sentence: string): void {
    if (this.#isOver) return;
    this.#isOver = true;
    for (const stream of this.#streams) stream.destroy();
    this.#options.overflowed(sentence);
  }
}

const DROPPED = `Only ${MOST_NOTES} messages and lines of a run are kept: what comes after this one is dropped.`;
