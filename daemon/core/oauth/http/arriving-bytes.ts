const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/** Bytes that arrive piece by piece and are read once, in lines or in lengths. No byte is searched or moved again for each piece. */
export class ArrivingBytes {
  #bytes = Buffer.allocUnsafe(8 * 1024);
  #length = 0;
  #position = 0;
  #searched = 0;

  /** How many have arrived. */
  get length(): number {
    return this.#length;
  }

  /** How many have been read. */
  get position(): number {
    return this.#position;
  }

  push(piece: Buffer): void {
    const length = this.#length + piece.length;
    if (length > this.#bytes.length) {
      const larger = Buffer.allocUnsafe(Math.max(length, 2 * this.#bytes.length));
      this.#bytes.copy(larger, 0, 0, this.#length);
      this.#bytes = larger;
    }
    piece.copy(this.#bytes, this.#length);
    this.#length = length;
  }

  /** The next line as Latin-1, without its end, which may have no carriage return or several; `undefined` until it is whole. */
  readLine(): string | undefined {
    const end = this.#bytes.subarray(0, this.#length).indexOf(LINE_FEED, this.#searched);
    this.#searched = end < 0 ? this.#length : end + 1;
    if (end < 0) return undefined;
    let last = end;
    while (last > this.#position && this.#bytes[last - 1] === CARRIAGE_RETURN) last--;
    const line = this.#bytes.toString('latin1', this.#position, last);
    this.#position = end + 1;
    return line;
  }

  /** The next bytes, as many as there are and at most `count`. */
  read(count: number): Buffer {
    const begin = this.#position;
    this.#position = Math.min(begin + count, this.#length);
    this.#searched = Math.max(this.#searched, this.#position);
    return this.#bytes.subarray(begin, this.#position);
  }

  /** Every byte from `position` on, whether it was read or not. */
  from(position: number): Buffer {
    return this.#bytes.subarray(position, this.#length);
  }
}
