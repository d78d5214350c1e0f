import type { Place } from './env-fault.js';

/** Goes through a text by patterns that stick to the place where it is, and counts the lines. */
export class EnvCursor {
  readonly #text: string;
  readonly #file: string;
  #at = 0;
  #line = 1;

  constructor(text: string, file: string) {
    this.#text = text;
    this.#file = file;
  }

  get isAtEnd(): boolean {
    return this.#at === this.#text.length;
  }

  get place(): Place {
    return { file: this.#file, line: this.#line };
  }

  /** Goes past what the pattern finds here. Returns its first group, or all of it; `undefined` if it finds nothing. */
  take(pattern: RegExp): string | undefined {
    const found = this.#find(pattern);
    if (found === null) return undefined;
    this.#at += found[0].length;
    this.#line += found[0].split('\n').length - 1;
    return found[1] ?? found[0];
  }

  /** What the pattern finds here, without going on. */
  peek(pattern: RegExp): string {
    return this.#find(pattern)?.[0] ?? '';
  }

  #find(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.#at;
    return pattern.exec(this.#text);
  }
}
