/** What a person did besides changing the line: ended it, or pressed a key that means more than a character. */
export type Typed =
  | { readonly kind: 'line'; readonly text: string }
  | { readonly kind: 'interrupt' | 'end' | 'suspend' };

const ESCAPE = '\u001b';
const PASTE_BEGINS = `${ESCAPE}[200~`;
const PASTE_ENDS = `${ESCAPE}[201~`;
const KEYS: Readonly<Record<string, Typed['kind']>> = {
  '\u0003': 'interrupt',
  '\u0004': 'end',
  '\u001a': 'suspend',
};
const ERASE = ['\u007f', '\b'];
const ERASE_ALL = '\u0015';

const CHARACTERS = /^\P{Cc}+/u;
/** A key other than a character, such as an arrow (ECMA-48, section 5.4). */
const SEQUENCE = new RegExp(`^${ESCAPE}(?:\\[[0-?]*[ -/]*[@-~]|O[ -~])`);
const HALF_SEQUENCE = new RegExp(`^${ESCAPE}(?:\\[[0-?]*[ -/]*|O)?$`);

/** What becomes of the text of a bracketed paste, whose line breaks are not Enter. */
export type PasteReader = (pasted: string) => string;

/** For values of one line: a terminal or a mail has broken it, so line breaks and other control characters are left out. */
export const inOneLine: PasteReader = (pasted) => pasted.replace(/\p{Cc}/gu, '');

/** For values of any form, whole. Terminals send a line break as a carriage return. */
export const withLineBreaks: PasteReader = (pasted) => pasted.replace(/\r\n?/g, '\n');

/**
 * The line that a person types or pastes on a terminal in raw mode, where keys arrive as they are. There is no longest
 * line, as in the terminal's own line mode.
 */
export class TypedLine {
  readonly #readPaste: PasteReader;
  #text = '';
  /** The paste that has begun and not ended. */
  #pasted: string | undefined;
  #left = '';

  constructor(readPaste: PasteReader) {
    this.#readPaste = readPaste;
  }

  /** What has been typed since the last Enter. */
  get text(): string {
    return this.#text;
  }

  /** Whether more has come than the keys that were taken so far. */
  get hasMore(): boolean {
    return this.#left !== '';
  }

  /** Takes what the terminal sent, wherever it was split. */
  *push(chunk: string): Generator<Typed, void, undefined> {
    this.#left += chunk;
    while (this.#left !== '') {
      const before = this.#left.length;
      const typed = this.#pasted === undefined ? this.#takeKey() : this.#takePaste(this.#pasted);
      if (typed !== undefined) yield typed;
      if (this.#left.length === before) return;
    }
  }

  #takePaste(before: string): undefined {
    const end = this.#left.indexOf(PASTE_ENDS);
    const pasted = before + this.#take(end === -1 ? this.#left.length - halfEnd(this.#left) : end);
    this.#pasted = pasted;
    if (end === -1) return;
    this.#take(PASTE_ENDS.length);
    this.#pasted = undefined;
    this.#text += this.#readPaste(pasted);
  }

  #takeKey(): Typed | undefined {
    if (HALF_SEQUENCE.test(this.#left)) return undefined;
    const characters = CHARACTERS.exec(this.#left)?.[0] ?? '';
    if (characters !== '') {
      this.#text += this.#take(characters.length);
      return undefined;
    }
    const key = this.#take(SEQUENCE.exec(this.#left)?.[0].length ?? 1);
    if (key === PASTE_BEGINS) this.#pasted = '';
    else if (ERASE.includes(key)) this.#text = [...this.#text].slice(0, -1).join('');
    else if (key === ERASE_ALL) this.#text = '';
    else return this.#typed(key);
    return undefined;
  }

  #typed(key: string): Typed | undefined {
    if (key === '\r' || key === '\n') {
      const text = this.#text;
      this.#text = '';
      return { kind: 'line', text };
    }
    const kind = KEYS[key];
    // As in line mode: Ctrl-D ends the input only on an empty line.
    if (kind === undefined || kind === 'line' || (kind === 'end' && this.#text !== '')) return undefined;
    return { kind };
  }

  #take(length: number): string {
    const taken = this.#left.slice(0, length);
    this.#left = this.#left.slice(length);
    return taken;
  }
}

/** How many characters at the end may be the beginning of a paste's end. */
function halfEnd(text: string): number {
  for (let length = PASTE_ENDS.length - 1; length > 0; length -= 1) {
    if (text.endsWith(PASTE_ENDS.slice(0, length))) return length;
  }
  return 0;
}
