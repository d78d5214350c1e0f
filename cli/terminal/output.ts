import { setTimeout as sleep } from 'node:timers/promises';
import { styleText } from 'node:util';
import { errnoOf } from '../../shared/errno.js';
import type { SigilforgeError } from '../../shared/errors.js';
import { printable } from '../../shared/printable.js';
import { describeError, isDebugging, recordTrace } from './debug.js';
import { align, type Cell, flatten, friendly, plain } from './format.js';
import { isDumb } from './screen.js';
import { startSpinner } from './spinner.js';

/*
 * This file owns the terminal; nothing else in the CLI writes to it, except prompt.ts and typing.ts, which ask. Its rules:
 *
 * 1. Data goes to standard output, everything else to standard error.
 * 2. With --json the data is the RPC result itself, and an error is one JSON object on standard error.
 * 3. On a terminal data is laid out for people; elsewhere it is lines of tab-separated cells without a heading.
 * 4. Colour, spinners and prompts are for terminals only, and NO_COLOR is obeyed.
 * 5. --quiet leaves out what a person can do without: never an error, a warning, an address or a code.
 * 6. An error is `sigilforge: SENTENCE`, and a second line `  hint: …`. Neither repeats the value of an argument.
 * 7. --debug adds to an error where it came from, with no text but our own.
 * 8. A reader that has gone away is not an error: what is left is dropped.
 */

type Style = Parameters<typeof styleText>[0];

const SPINNER_DELAY_MS = 1000;

const MARKS = { ok: ['green', '✓'], warning: ['yellow', '!'], fault: ['red', '✗'] } as const;

export class Output {
  readonly json: boolean;
  readonly quiet: boolean;
  /** Gives the points passed so far; set only when debugging. */
  readonly #traced: (() => string[]) | undefined;

  constructor(options: { readonly json: boolean; readonly quiet: boolean; readonly debug: boolean }) {
    this.json = options.json;
    this.quiet = options.quiet;
    this.#traced = options.debug || isDebugging() ? recordTrace() : undefined;
  }

  /** Whether a person reads standard error, and so can be shown something. */
  get isWatched(): boolean {
    return process.stderr.isTTY === true;
  }

  /** One value on a line of its own, exactly as it is. */
  value(text: string): void {
    this.bytes(`${text}\n`);
  }

  bytes(data: string | Uint8Array): void {
    process.stdout.write(data);
  }

  /** The RPC result with --json, otherwise what `print` makes of it. */
  result(result: unknown, print: () => void): void {
    if (!this.json) print();
    else this.value(JSON.stringify(result, null, process.stdout.isTTY ? 2 : undefined));
  }

  /** `below`: lines that stand below each row on a terminal, and elsewhere are further cells of it. */
  table(
    columns: readonly string[],
    rows: readonly (readonly Cell[])[],
    below: readonly (readonly string[])[] = [],
  ): void {
    if (!process.stdout.isTTY) {
      for (const [index, row] of rows.entries())
        this.value([...row, ...(below[index] ?? [])].map(plain).join('\t'));
      return;
    }
    const heading = columns.map((column) => column.toUpperCase());
    const [first = '', ...rest] = align([heading, ...rows.map((row) => row.map((cell) => friendly(cell)))]);
    this.value(style(process.stdout, 'bold', first));
    for (const [index, line] of rest.entries()) {
      this.value(line);
      for (const text of below[index] ?? []) this.value(`  ${printable(text)}`);
    }
  }

  /** One of many things that arrive over time, on a line of its own: with --json the thing itself, else its cells. */
  line(thing: object, cells: readonly string[]): void {
    this.value(this.json ? JSON.stringify(thing) : cells.map(plain).join('\t'));
  }

  /** Resolves when standard output has lost its reader. */
  readerGone(): Promise<void> {
    return new Promise((resolve) => process.stdout.once('error', () => resolve()));
  }

  /** One thing, a line for each of its properties. */
  record(thing: object): void {
    const cells = flatten(thing);
    if (!process.stdout.isTTY) {
      for (const [name, cell] of cells) this.value(`${name}\t${plain(cell)}`);
      return;
    }
    for (const line of align(cells.map(([name, cell]) => [label(name), friendly(cell)]))) this.value(line);
  }

  /** What a check found: a tick, a warning or a cross, and lines below it; for programs, tab-separated cells. */
  finding(state: 'ok' | 'warning' | 'fault', cells: readonly string[], below: readonly string[]): void {
    if (!process.stdout.isTTY) {
      this.value([state, ...cells, ...below].map(plain).join('\t'));
      return;
    }
    const [colour, mark] = MARKS[state];
    this.value(`${style(process.stdout, colour, mark)} ${cells.map(printable).join(': ')}`);
    for (const line of below) this.value(`    ${printable(line)}`);
  }

  /** Something that a person needs before they can go on. */
  say(line: string, format?: Style): void {
    const text = printable(line);
    writeError(`${format ? style(process.stderr, format, text) : text}\n`);
  }

  /** Lines that this program has drawn itself. */
  draw(lines: string): void {
    writeError(`${lines}\n`);
  }

  /** What is good to know; --quiet leaves it out. */
  notice(sentence: string): void {
    if (!this.quiet) writeError(`sigilforge: ${printable(sentence)}\n`);
  }

  warn(sentence: string): void {
    writeError(`sigilforge: ${style(process.stderr, 'yellow', 'warning:')} ${printable(sentence)}\n`);
  }

  fail(error: SigilforgeError): void {
    const { code, kind, message, hint, needs } = error;
    const debug = this.#traced && { stack: describeError(error), trace: this.#traced() };
    if (this.json) {
      writeError(
        `${JSON.stringify({ error: { code, kind, message, hint, ...(needs && { needs }) }, ...(debug && { debug }) })}\n`,
      );
      return;
    }
    writeError(`${style(process.stderr, ['bold', 'red'], 'sigilforge:')} ${printableList(message)}\n`);
    writeError(`  ${style(process.stderr, 'dim', 'hint:')} ${printable(hint)}\n`);
    if (debug === undefined) return;
    const trace = debug.trace.length > 0 ? debug.trace : ['no point was passed in this process'];
    const lines = [`kind: ${kind} (${code})`, 'stack:', ...indent(debug.stack), 'trace:', ...indent(trace)];
    writeError(lines.map((line) => `  ${line}\n`).join(''));
  }

  /** Shows on a terminal that `work` goes on, once it has taken a second. A text that changes is shown as it is then. */
  async waiting<T>(text: string | (() => string), work: Promise<T>): Promise<T> {
    if (!this.isWatched || this.quiet || isDumb()) return await work;
    const over = new AbortController();
    const shown = spin(typeof text === 'string' ? () => text : text, over.signal);
    try {
      return await work;
    } finally {
      over.abort();
      await shown;
    }
  }
}

/** A list in a message has a line for each of its items, further in than a hint. */
function printableList(message: string): string {
  return message.split('\n  ').map(printable).join('\n    ');
}

/** Ignores a reader that has gone away; a full disk and the like is an error. */
export function watchStandardOutput(): void {
  process.stdout.on('error', (error: Error) => {
    const code = errnoOf(error) ?? 'unknown';
    if (code === 'EPIPE' || (code === 'EIO' && process.stdout.isTTY)) return;
    writeError(`sigilforge: Standard output cannot be written (${code}).\n`);
    process.once('exit', () => {
      process.exitCode = 1;
    });
  });
}

/** Writes to standard error. If that is closed too, there is no place left for an error. */
function writeError(text: string): void {
  if (process.stderr.listenerCount('error') === 0) process.stderr.on('error', () => undefined);
  process.stderr.write(text);
}

async function spin(text: () => string, over: AbortSignal): Promise<void> {
  const isSlow = await sleep(SPINNER_DELAY_MS, true, { signal: over }).catch(() => false);
  if (!isSlow || over.aborted) return;
  over.addEventListener('abort', startSpinner(process.stderr, text), { once: true });
}

function indent(lines: readonly string[]): string[] {
  return lines.map((line) => `  ${line}`);
}

function style(stream: NodeJS.WriteStream, format: Style, text: string): string {
  return stream.isTTY && stream.hasColors() ? styleText(format, text, { validateStream: false }) : text;
}

function label(name: string): string {
  const words = name.replace(/[._]/g, ' ');
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}:`;
}
