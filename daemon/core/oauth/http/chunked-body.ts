import { ArrivingBytes } from './arriving-bytes.js';

/** `1f`, with white space around it and an extension behind it as it may be (RFC 9112, section 7.1). */
const SIZE = /^\s*([0-9a-f]{1,8})\s*(?:;.*)?$/i;

/** What has arrived of a body in chunks. */
export class ChunkedBody {
  readonly #body = new ArrivingBytes();
  #left = 0;
  #state: 'reading' | 'whole' | 'broken' = 'reading';

  get isWhole(): boolean {
    return this.#state === 'whole';
  }

  get body(): Buffer {
    return this.#body.from(0);
  }

  /** Reads what has arrived. The trailers behind the last chunk say nothing that is needed. */
  read(arriving: ArrivingBytes): void {
    while (this.#state === 'reading') {
      if (this.#left > 0) {
        const piece = arriving.read(this.#left);
        if (piece.length === 0) return;
        this.#body.push(piece);
        this.#left -= piece.length;
      } else {
        const line = arriving.readLine();
        if (line === undefined) return;
        // The end of the chunk before.
        if (line !== '') this.#begin(line);
      }
    }
  }

  #begin(line: string): void {
    const [, size] = SIZE.exec(line) ?? [];
    if (size === undefined) this.#state = 'broken';
    else if (Number.parseInt(size, 16) === 0) this.#state = 'whole';
    else this.#left = Number.parseInt(size, 16);
  }
}
