const REPLACEMENT = Buffer.from('[redacted]');
const NOTHING = Buffer.alloc(0);

/** The shortest text that is masked, in bytes: the length of the window that the search moves. */
export const SHORTEST = 8;

/** How far the window moves if its last two bytes are not in the first bytes of any needle. */
const FARTHEST = SHORTEST - 1;

/** Where in a stream a mask is, so that another one of the same needles can go on from there. */
export interface MaskRest {
  readonly held: Uint8Array;
  /** How many of the first bytes held have been replaced already. */
  readonly replaced: number;
}

/**
 * Replaces every occurrence of the needles in a stream of bytes with `[redacted]`, wherever the stream is split.
 * Overlapping matches become one replacement. Only bytes that could still start a match are held back. The search is Wu
 * and Manber's: the last two bytes of an eight-byte window tell how far it may move.
 */
export class Mask {
  readonly #shifts = new Uint8Array(0x10000).fill(FARTHEST);
  /** By the first four bytes. */
  readonly #needles = new Map<number, Buffer[]>();
  /** The first bytes of each needle, for every length below that of the window. */
  readonly #beginnings = new Set<string>();
  #held: Buffer = NOTHING;
  /** How many of the first bytes held have been replaced already. */
  #replaced = 0;
  #replacements = 0;

  /** `needles` of at least eight bytes each. */
  constructor(needles: Iterable<Buffer>, rest?: MaskRest) {
    for (const needle of needles) this.#add(needle);
    if (rest === undefined) return;
    this.#held = Buffer.from(rest.held);
    this.#replaced = rest.replaced;
  }

  /** How many times something has been replaced so far. */
  get replacements(): number {
    return this.#replacements;
  }

  get rest(): MaskRest {
    return { held: this.#held, replaced: this.#replaced };
  }

  /** Takes bytes, and returns those that may be passed on. */
  push(chunk: Buffer): Buffer {
    return this.#scan(this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk]), {
      isLast: false,
    });
  }

  /** Returns the rest when the stream has ended: an unfinished match may still contain a finished one. */
  end(): Buffer {
    return this.#scan(this.#held, { isLast: true });
  }

  #scan(data: Buffer, { isLast }: { readonly isLast: boolean }): Buffer {
    const pieces: Buffer[] = [];
    let done = this.#replaced;
    let at = 0;
    for (const last = data.length - SHORTEST; at <= last; ) {
      const shift = this.#shifts[((data[at + 6] ?? 0) << 8) | (data[at + 7] ?? 0)] ?? 0;
      if (shift > 0) {
        at += shift;
        continue;
      }
      const { end, open } = this.#look(data, at);
      if (end > 0 && at >= done) {
        pieces.push(data.subarray(done, at), REPLACEMENT);
        this.#replacements++;
      }
      done = Math.max(done, end);
      if (open && !isLast) break;
      at++;
    }
    const kept = isLast ? data.length : this.#undecided(data, at);
    if (kept > done) pieces.push(data.subarray(done, kept));
    this.#held = data.subarray(kept);
    this.#replaced = Math.max(0, done - kept);
    return pieces.length === 1 ? (pieces[0] ?? NOTHING) : Buffer.concat(pieces);
  }

  #add(needle: Buffer): void {
    for (let at = 0; at < FARTHEST; at++) {
      const block = needle.readUInt16BE(at);
      this.#shifts[block] = Math.min(this.#shifts[block] ?? 0, FARTHEST - 1 - at);
    }
    for (let length = 1; length < SHORTEST; length++)
      this.#beginnings.add(needle.toString('latin1', 0, length));
    const key = needle.readUInt32BE(0);
    const others = this.#needles.get(key);
    if (others === undefined) this.#needles.set(key, [needle]);
    else others.push(needle);
  }

  /** Where the longest needle that starts at `at` ends (0 without one), and whether one may continue beyond the data. */
  #look(data: Buffer, at: number): { end: number; open: boolean } {
    let end = 0;
    let open = false;
    for (const needle of this.#needles.get(data.readUInt32BE(at)) ?? []) {
      const stop = Math.min(at + needle.length, data.length);
      if (data.compare(needle, 0, stop - at, at, stop) !== 0) continue;
      if (stop - at < needle.length) open = true;
      else end = Math.max(end, stop);
    }
    return { end, open };
  }

  /** The position from which the data may be the start of a needle: `from` itself if a whole window is left. */
  #undecided(data: Buffer, from: number): number {
    let at = from;
    while (data.length - at < SHORTEST && at < data.length) {
      if (this.#beginnings.has(data.toString('latin1', at))) return at;
      at++;
    }
    return Math.min(at, data.length);
  }
}
