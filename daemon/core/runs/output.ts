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

/** Takes the bytes of one stream. */
export interface Reader {
  push(chunk: Buffer): void;
  /** Nothing more comes: what is left is a line as well. */
  end(): void;
}

/** One whose lines may be for us. */
interface ProtocolReader extends Reader {
  /** Whether the last line is not whole. */
  isMidLine(): boolean;
}

interface Options {
  readonly redaction: Redaction;
  /** Of a program that stays up: each line has its limit, and all of them together have none. */
  readonly isEndless: boolean;
  /** Keeps what was said, redacted. */
  readonly note: (role: MessageRole, content: string) => void;
  /** Too much was written: the run is to end. */
  readonly overflowed: (sentence: string) => void;
  /** Of a program that serves many runs: its answer must name this one. */
  readonly runId?: string;
}

/** Reads everything that a run says, redacts it and hands it on, within limits. */
export class Output {
  readonly #options: Options;
  readonly #streams: Readable[] = [];
  #printedBytes = 0;
  #notes = 0;
  #isOver = false;
  #isOrderly = true;
  #result: Result | undefined;
  #failure: string | undefined;

  /** Resolves once it has given a result, or said what went wrong. */
  readonly answered: Promise<undefined>;
  #answer = (): void => {};

  constructor(options: Options) {
    this.#options = options;
    this.answered = new Promise((resolve) => {
      this.#answer = () => resolve(undefined);
    });
  }

  /** The last one, if there is one. */
  get result(): Result | undefined {
    return this.#result;
  }

  /** What the program says went wrong, redacted. */
  get failure(): string | undefined {
    return this.#failure;
  }

  /** Whether a program that serves many runs has answered this one once, and no other. */
  get isOrderly(): boolean {
    return this.#isOrderly;
  }

  /** A stream whose lines may be for us; the others are output. */
  readProtocol(stream: Readable): void {
    this.#read(stream, this.protocol());
  }

  /** A stream that is only output. */
  readPlain(stream: Readable): void {
    this.#read(stream, this.plain());
  }

  /** For a stream that others read, and whose lines may be for us. */
  protocol(): ProtocolReader {
    const lines = new ByteLines();
    const printed = this.plain();
    const take = (whole: Buffer): void => {
      const said = whole[0] === BRACE ? readLine(whole.toString('utf8')) : undefined;
      if (said) this.#heed(said);
      else printed.push(whole);
    };
    return {
      push: (chunk) => {
        for (const whole of lines.push(chunk)) if (!this.#isOver) take(whole);
        if (lines.pendingBytes > MOST_BYTES) this.#overflow('It wrote a line of more than 16 MiB.');
      },
      end: () => {
        if (lines.pendingBytes > 0) take(lines.end());
        printed.end();
      },
      isMidLine: () => lines.pendingBytes > 0,
    };
  }

  #read(stream: Readable, reader: Reader): void {
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

  /** For a stream that others read, and that is only output. */
  plain(): Reader {
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
    const { redaction, runId } = this.#options;
    if (runId !== undefined && !this.#isInPlace(said, runId)) return;
    switch (said.type) {
      case 'message':
        this.#note(said.role, cut(redaction.text(said.content), MOST_TEXT_BYTES));
        break;
      case 'result':
        if (Buffer.byteLength(said.response) > MOST_TEXT_BYTES)
          this.#fail('Its response has more than 256 KiB.');
        else this.#result = said;
        this.#answer();
        break;
      case 'error':
        this.#fail(cut(redaction.text(said.message), MOST_ERROR_BYTES));
        break;
      case 'wrong':
        this.#fail(said.sentence);
    }
  }

  /** Of a program that serves many runs. What is not in its place is not heeded. */
  #isInPlace(said: ProtocolLine, runId: string): boolean {
    // A message that comes too late belongs to a run that is over.
    if (said.type === 'message') return said.run_id === undefined || said.run_id === runId;
    const isSecond = this.#result !== undefined || this.#failure !== undefined;
    if (!isSecond && (said.type === 'wrong' || said.run_id === runId)) return true;
    this.#isOrderly = false;
    if (!isSecond) this.#fail(OTHER_RUN);
    return false;
  }

  #fail(sentence: string): void {
    this.#failure ??= sentence;
    this.#answer();
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

const OTHER_RUN =
  'Its answer does not name this run in run_id, as that of a program that is kept alive must.';
const DROPPED = `Only ${MOST_NOTES} messages and lines of a run are kept: what comes after this one is dropped.`;
