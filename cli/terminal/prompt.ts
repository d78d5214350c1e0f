import { PassThrough } from 'node:stream';
import { SigilforgeError } from '../../shared/errors.js';
import { printable } from '../../shared/printable.js';
import { untilInterrupted } from './interrupt.js';
import { setRawMode } from './lost-terminals.js';
import { inOneLine, withLineBreaks } from './typed-line.js';
import { typedLines } from './typing.js';

/** Whether a person can be asked: only if standard input is a terminal. */
export function canAsk(): boolean {
  return process.stdin.isTTY === true;
}

/** Asks yes or no. Only pressing Enter means no. Throws `cancelled` at Ctrl-C, Ctrl-D, a signal and the end of the terminal. */
export async function confirm(question: string): Promise<boolean> {
  return asking((over) => askConfirmation(question, over));
}

async function askConfirmation(question: string, over: AbortSignal): Promise<boolean> {
  const { confirm: ask, isCancel } = await import('@clack/prompts');
  const ending = new AbortController();
  const giveUp = (): void => ending.abort();
  const input = keyboard().on(
    'keypress',
    (_: string, key?: { readonly ctrl?: boolean; readonly name?: string }) => {
      if (key?.ctrl === true && key.name === 'd') giveUp();
    },
  );
  // The library itself waits for ever once its input has ended.
  input.once('end', giveUp);
  try {
    const signal = AbortSignal.any([ending.signal, over]);
    const answer = await ask({
      message: question,
      initialValue: false,
      input,
      output: process.stderr,
      signal,
    });
    if (!isCancel(answer)) return answer;
  } finally {
    process.stdin.unpipe(input).pause();
  }
  throw ending.signal.aborted ? ended() : new SigilforgeError('cancelled', 'This was cancelled.');
}

/** Standard input for a library that a terminal which has gone away would make end this process with a trace. */
function keyboard(): PassThrough {
  const keys = Object.assign(new PassThrough(), { isTTY: true, setRawMode });
  process.stdin.once('error', () => keys.end());
  return process.stdin.pipe(keys);
}

/**
 * Asks for a value that is not shown while it is typed. What is pasted arrives whole, with its line breaks. Throws
 * `cancelled` as `confirm` does, `invalid_params` for a paste that the terminal has cut.
 */
export async function askSecret(name: string): Promise<string> {
  return asking((over) => askValue(name, over));
}

async function askValue(name: string, over: AbortSignal): Promise<string> {
  const show = (text: string, columns: number): string => `${name}: ${hidden(text)}`.slice(0, columns - 1);
  for await (const value of typedLines({ readPaste: withLineBreaks, isWhole: true, show }, over)) {
    if (/[^\n]/.test(value)) return value;
    process.stderr.write('Enter a value, or press Ctrl-C to cancel.\n');
  }
  throw ended();
}

/** The answer, or `cancelled` at a signal. The question is over in both cases, and the terminal as it was before. */
async function asking<T>(ask: (over: AbortSignal) => Promise<T>): Promise<T> {
  const asked = new AbortController();
  try {
    // A signal must be heard before the question is seen.
    return await untilInterrupted(Promise.resolve(asked.signal).then(ask));
  } finally {
    asked.abort();
  }
}

/** What is asked for on one line of the terminal. */
export interface Question {
  /** What stands before the answer, without a colon. */
  readonly name: string;
  readonly isHidden?: boolean;
  /** A sentence about what is wrong with an answer, which is then asked for again; `undefined` if it is good. */
  readonly faultOf: (text: string) => string | undefined;
}

/** Asks for a line until it is good. Line breaks that were pasted with it are left out. Throws `cancelled` as `confirm` does. */
export async function askLine(question: Question): Promise<string> {
  return asking((over) => askUntilGood(question, over));
}

async function askUntilGood(
  { name, isHidden = false, faultOf }: Question,
  over: AbortSignal,
): Promise<string> {
  const show = (text: string, columns: number): string =>
    `${name}: ${isHidden ? hidden(text) : printable(text)}`.slice(0, columns - 1);
  for await (const text of typedLines({ readPaste: inOneLine, isWhole: isHidden, show }, over)) {
    const fault = faultOf(text);
    if (fault === undefined) return text;
    process.stderr.write(`${fault}\n`);
  }
  throw ended();
}

const MOST_STARS = 16;

/** A star for each character; of a long value, how long it is, so that a person sees whether all of it has come. */
function hidden(text: string): string {
  const { length } = [...text];
  if (length <= MOST_STARS && !text.includes('\n')) return '*'.repeat(length);
  const lines = text.replace(/\n$/, '').split('\n').length;
  const count = `${length.toLocaleString('en')} characters${lines > 1 ? ` in ${lines} lines` : ''}`;
  return `${'*'.repeat(MOST_STARS)} (${count})`;
}

function ended(): SigilforgeError {
  return new SigilforgeError('cancelled', 'The input ended without an answer, so nothing was done.');
}
