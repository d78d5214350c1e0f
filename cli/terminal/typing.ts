import { on, once } from 'node:events';
import { isErrno } from '../../shared/errno.js';
import { SigilforgeError } from '../../shared/errors.js';
import { printable } from '../../shared/printable.js';
import { TypedLine } from './typed-line.js';

const BRACKETED_PASTE_ON = '\u001b[?2004h';
const BRACKETED_PASTE_OFF = '\u001b[?2004l';
const ERASE_LINE = '\r\u001b[2K';

/**
 * The lines that a person types or pastes, each at Enter, until Ctrl-D or `over`. Throws `cancelled` at Ctrl-C. The terminal
 * is in raw mode meanwhile: in its own line mode it cuts a line at 4,095 characters (Linux) or 1,024 (macOS), without a word.
 */
export async function* typedLines(over: AbortSignal): AsyncGenerator<string, void, undefined> {
  const line = new TypedLine();
  const terminal = new RawTerminal();
  const restore = (): void => terminal.restore();
  over.addEventListener('abort', restore, { once: true });
  process.once('exit', restore);
  try {
    terminal.take();
    for await (const chunk of chunks(over)) {
      for (const typed of line.push(chunk)) {
        terminal.show(typed.kind === 'line' ? typed.text : line.text);
        terminal.endLine();
        if (typed.kind === 'line') yield typed.text;
        else if (typed.kind === 'suspend') await terminal.suspend();
        else if (typed.kind === 'end') return;
        else throw new SigilforgeError('cancelled', 'This was cancelled.');
      }
      terminal.show(line.text);
    }
  } finally {
    restore();
    over.removeEventListener('abort', restore);
    process.off('exit', restore);
  }
}

/** What the terminal sends, as text, until its end or `over`. */
async function* chunks(over: AbortSignal): AsyncGenerator<string, void, undefined> {
  const decoder = new TextDecoder();
  try {
    for await (const [bytes] of on(process.stdin, 'data', { signal: over, close: ['end', 'close'] })) {
      yield decoder.decode(bytes as Buffer, { stream: true });
    }
  } catch (thrown) {
    // The terminal may have gone away (EIO); a browser can still end the sign-in.
    if (!over.aborted && !isErrno(thrown, 'EIO')) throw thrown;
  }
}

/** Standard input in raw mode, and the short form of the line on standard error. */
class RawTerminal {
  readonly #screen = process.stderr.isTTY ? process.stderr : undefined;
  #taken = false;
  #shown = '';

  take(): void {
    this.#taken = true;
    process.stdin.setRawMode(true);
    if (process.env['TERM'] !== 'dumb') this.#screen?.write(BRACKETED_PASTE_ON);
  }

  restore(): void {
    if (!this.#taken) return;
    this.#taken = false;
    if (process.env['TERM'] !== 'dumb') this.#screen?.write(BRACKETED_PASTE_OFF);
    process.stdin.setRawMode(false);
    process.stdin.pause();
  }

  show(text: string): void {
    const short = shortForm(text, this.#screen?.columns);
    if (short !== this.#shown) this.#screen?.write(`${ERASE_LINE}${short}`);
    this.#shown = short;
  }

  endLine(): void {
    if (this.#shown !== '') this.#screen?.write('\n');
    this.#shown = '';
  }

  /** Stops this process and those it shares the terminal with, until the shell continues them. */
  async suspend(): Promise<void> {
    this.restore();
    // Heard from the start: this process stops within `kill`.
    const continued = once(process, 'SIGCONT');
    process.kill(0, 'SIGTSTP');
    await continued;
    this.take();
    process.stdin.resume();
  }
}

/**
 * What is shown of a pasted address: where it leads, not the code in it, and how long it is. It is one line of the terminal,
 * because a longer one could not be drawn again.
 */
function shortForm(text: string, columns = 80): string {
  const length = [...text].length;
  const address = printable(text).split('?', 1)[0] ?? '';
  const count = `… (${length.toLocaleString('en')} characters)`;
  const room = Math.max(1, columns - 1);
  if (address.length === length && length <= room) return address;
  return `${address.slice(0, Math.max(0, room - count.length))}${count}`.slice(0, room);
}
