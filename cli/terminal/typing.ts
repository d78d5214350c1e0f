import { on, once } from 'node:events';
import { isErrno } from '../../shared/errno.js';
import { SigilforgeError } from '../../shared/errors.js';
import { setRawMode } from './lost-terminals.js';
import { isDumb } from './screen.js';
import { type PasteReader, TypedLine } from './typed-line.js';

const BRACKETED_PASTE_ON = '\u001b[?2004h';
const BRACKETED_PASTE_OFF = '\u001b[?2004l';
/** How long the rest of a paste may take to come, in milliseconds: by ssh it comes in several packets. */
const REST_MS = 100;
const ERASE_LINE = '\r\u001b[2K';

/** How an answer is read from the terminal, and shown on it. */
export interface Manner {
  readonly readPaste: PasteReader;
  /** Whether a line is the whole answer. Then lines that come right behind it belong to it, and it was cut. */
  readonly isWhole: boolean;
  /** Of what was typed, all that is shown: one line of the terminal, because a longer one could not be drawn again. */
  show(text: string, columns: number): string;
  /** What is shown in place of an empty line, and changes by itself. A dumb terminal shows nothing. */
  readonly idle?: () => string;
}

/** How often what changes by itself is looked at. */
const IDLE_MS = 500;

/**
 * The lines that a person types or pastes, each at Enter, until Ctrl-D or `over`. Throws `cancelled` at Ctrl-C. The terminal
 * is in raw mode meanwhile: in its own line mode it cuts a line at 4,095 characters (Linux) or 1,024 (macOS), without a word.
 */
export async function* typedLines(
  manner: Manner,
  over: AbortSignal,
): AsyncGenerator<string, void, undefined> {
  const line = new TypedLine(manner.readPaste);
  const terminal = new RawTerminal(manner);
  // Not while a line is looked at: the caller may write then.
  let isReading = true;
  const ticks = setInterval(() => isReading && terminal.show(line.text), IDLE_MS);
  const restore = (): void => {
    clearInterval(ticks);
    terminal.restore();
  };
  over.addEventListener('abort', restore, { once: true });
  process.once('exit', restore);
  try {
    terminal.take();
    terminal.show('');
    for await (const chunk of chunks(over)) {
      isReading = false;
      for (const typed of line.push(chunk)) {
        terminal.show(typed.kind === 'line' ? typed.text : line.text);
        terminal.endLine();
        if (typed.kind === 'line') {
          if (manner.isWhole && typed.text !== '') await terminal.assertOver(line);
          yield typed.text;
        } else if (typed.kind === 'suspend') await terminal.suspend();
        else if (typed.kind === 'end') return;
        else throw new SigilforgeError('cancelled', 'This was cancelled.');
      }
      isReading = true;
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

/** Standard input in raw mode, and what is shown of the line. */
class RawTerminal {
  readonly #manner: Manner;
  /** A question that is not visible would look like a program that hangs. */
  readonly #screen = [process.stderr, process.stdout].find((stream) => stream.isTTY);
  readonly #isDumb = isDumb();
  #taken = false;
  #shown = '';
  #isIdle = false;

  constructor(manner: Manner) {
    this.#manner = manner;
  }

  take(): void {
    this.#taken = true;
    setRawMode(true);
    // An earlier question has paused it.
    process.stdin.resume();
    if (!this.#isDumb) this.#screen?.write(BRACKETED_PASTE_ON);
  }

  restore(): void {
    if (!this.#taken) return;
    this.#taken = false;
    this.endLine();
    if (!this.#isDumb) this.#screen?.write(BRACKETED_PASTE_OFF);
    setRawMode(false);
    process.stdin.pause();
  }

  show(text: string): void {
    if (!this.#taken) return;
    const { show, idle } = this.#manner;
    const columns = this.#screen?.columns || 80;
    this.#isIdle = text === '' && idle !== undefined && !this.#isDumb;
    // A line that wraps could not be erased.
    const shown = this.#isIdle && idle ? idle().slice(0, columns - 1) : show(text, columns);
    if (shown !== this.#shown) this.#screen?.write(this.#redrawn(shown));
    this.#shown = shown;
  }

  /** A terminal that knows no sequences gets what is new, or the line again on the next one. */
  #redrawn(shown: string): string {
    if (!this.#isDumb) return `${ERASE_LINE}${shown}`;
    return shown.startsWith(this.#shown) ? shown.slice(this.#shown.length) : `\n${shown}`;
  }

  endLine(): void {
    if (this.#shown !== '') this.#screen?.write(this.#isIdle ? ERASE_LINE : '\n');
    this.#shown = '';
  }

  /**
   * Throws if more comes than was taken by Enter: several lines, pasted into a terminal that does not mark a paste. All of it
   * is thrown away, because the shell would run it.
   */
  async assertOver(line: TypedLine): Promise<void> {
    let isOver = !line.hasMore;
    while (await this.#goesOn()) isOver = false;
    if (isOver) return;
    throw new SigilforgeError(
      'invalid_params',
      'Several lines were pasted, and this terminal sends them one by one.',
      {
        hint: 'Nothing was stored. Pipe the value in, or redirect it from a file.',
      },
    );
  }

  async #goesOn(): Promise<boolean> {
    try {
      await once(process.stdin, 'data', { signal: AbortSignal.timeout(REST_MS) });
      return true;
    } catch {
      return false;
    }
  }

  /** Stops this process and those it shares the terminal with, until the shell continues them. */
  async suspend(): Promise<void> {
    this.restore();
    // Heard from the start: this process stops within `kill`.
    const continued = once(process, 'SIGCONT');
    process.kill(0, 'SIGTSTP');
    await continued;
    this.take();
  }
}
