import { LineDecoder } from '../../shared/framing.js';
import { FirstBytes } from './first-line.js';

/** What has come from a client and is not taken yet: whole lines, and the beginning of the next one. */
export class Inbox {
  readonly #decoder: LineDecoder;
  readonly #skipsEmpty: boolean;
  #lines: (string | null)[] = [];
  #lineBytes = 0;
  #firstBytes: FirstBytes | undefined = new FirstBytes();

  /**
   * `line`: the bytes that a line may have. `skipsEmpty`: empty lines are nothing, because programs that share a descriptor begin
   * each of their lines on a fresh one.
   */
  constructor({ line }: { readonly line: number }, skipsEmpty = false) {
    this.#decoder = new LineDecoder(line);
    this.#skipsEmpty = skipsEmpty;
  }

  get bytes(): number {
    return this.#decoder.pendingBytes + this.#lineBytes;
  }

  /** Whether a line may be taken. */
  get any(): boolean {
    return this.#lines.length > 0;
  }

  get hasHalfLine(): boolean {
    return this.#decoder.pendingBytes > 0;
  }

  /** Whether no line was taken yet. */
  get isAtFirst(): boolean {
    return this.#firstBytes !== undefined;
  }

  /** The next line, `null` for one that is not UTF-8; `undefined` if there is none. */
  get next(): string | null | undefined {
    return this.#lines[0];
  }

  /** Throws `limit_exceeded` for a line that is too long, and `parse_error` for a first one that cannot become JSON. */
  push(chunk: Buffer): void {
    const fault = this.#firstBytes?.fault(chunk);
    if (fault) throw fault;
    this.#queue(this.#decoder.push(chunk));
  }

  /** Nothing else will come. */
  end(): void {
    this.#queue(this.#decoder.end());
  }

  /** Takes the next line away. */
  shift(): void {
    this.#lineBytes -= sizeOf(this.#lines.shift());
    this.#firstBytes = undefined;
  }

  dropLines(): void {
    this.#lines = [];
    this.#lineBytes = 0;
  }

  #queue(lines: Iterable<string | null>): void {
    for (const line of lines) {
      if (line === '' && this.#skipsEmpty) continue;
      this.#lines.push(line);
      this.#lineBytes += sizeOf(line);
    }
  }
}

export function sizeOf(line: string | null | undefined): number {
  return line?.length ?? 0;
}
