import { SigilforgeError } from '../../shared/errors.js';
import { withLineBreaks } from './typed-line.js';
import { typedLines } from './typing.js';

/** Whether a person can be asked: only if standard input is a terminal. */
export function canAsk(): boolean {
  return process.stdin.isTTY === true;
}

/** Asks yes or no. Only pressing Enter means no. Throws `cancelled` at Ctrl-C, Ctrl-D and the end of the terminal. */
export async function confirm(question: string): Promise<boolean> {
  const { confirm: ask, isCancel } = await import('@clack/prompts');
  const given = new AbortController();
  const giveUp = (): void => given.abort();
  // The library itself waits for ever once its input has ended.
  const onKey = (_: string, key?: { readonly ctrl?: boolean; readonly name?: string }): void => {
    if (key?.ctrl === true && key.name === 'd') giveUp();
  };
  process.stdin.on('keypress', onKey).once('end', giveUp).once('error', giveUp);
  try {
    const { signal } = given;
    const answer = await ask({ message: question, initialValue: false, output: process.stderr, signal });
    if (!isCancel(answer)) return answer;
  } finally {
    process.stdin.off('keypress', onKey).off('end', giveUp).off('error', giveUp);
  }
  throw given.signal.aborted ? ended() : new SigilforgeError('cancelled', 'This was cancelled.');
}

/**
 * Asks for a value that is not shown while it is typed. What is pasted arrives whole, with its line breaks. Throws
 * `cancelled` at Ctrl-C, Ctrl-D and the end of the terminal, `invalid_params` for a paste that the terminal has cut.
 */
export async function askSecret(name: string): Promise<string> {
  const show = (text: string, columns: number): string => `${name}: ${hidden(text)}`.slice(0, columns - 1);
  const over = new AbortController().signal;
  for await (const value of typedLines({ readPaste: withLineBreaks, isWhole: true, show }, over)) {
    if (/[^\n]/.test(value)) return value;
    process.stderr.write('Enter a value, or press Ctrl-C to cancel.\n');
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
