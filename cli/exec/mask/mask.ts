import { HEAD, headsOf, type Match, matchAt, type Needle } from './needle.js';
import { BACKSLASHES } from './spelling.js';

const REPLACEMENT = Buffer.from('[redacted]');
const NOTHING = Buffer.alloc(0);

/** The shortest text that is masked, in bytes. */
export const SHORTEST = 8;

const BACKSLASH = 0x5c;
/** One more than stand in any escape: here only a value may begin that has a backslash itself. */
const MANY_BACKSLASHES = Buffer.alloc(Math.max(...BACKSLASHES.map(({ length }) => length)) + 1, BACKSLASH);

/** The filter has so many bits that it fits into the fastest cache. */
const FILTER_BITS = 18;

/** Where in a stream a mask is, so that another one of the same needles can go on from there. */
export interface MaskRest {
  readonly held: Uint8Array;
  /** How many of the first bytes held have been replaced already. */
  readonly replaced: number;
}

/**
 * Replaces every occurrence of the needles in a stream of bytes with `[redacted]`, wherever the stream is split.
 * Overlapping matches become one replacement. Only bytes that could still start a match are held back. A filter of
 * hashes passes over nearly all places where no needle starts, equally fast whatever the text is.
 */
export class Mask {
  /** The bit of each head's hash is set. */
  readonly #filter = new Uint8Array(2 ** (FILTER_BITS - 3));
  /** By their heads. */
  readonly #needles = new Map<number, Needle[]>();
  /** The first bytes of each head, for every length below that of the whole. */
  readonly #beginnings = new Set<string>();
  #held: Buffer = NOTHING;
  /** How many of the first bytes held have been replaced already. */
  #replaced = 0;
  #replacements = 0;

  constructor(needles: Iterable<Needle>, rest?: MaskRest) {
    for (const needle of needles)
      for (const head of headsOf(needle)) this.#add(Buffer.from(head, 'latin1'), needle);
    if (rest === undefined) return;
    this.#held = Buffer.from(rest.held);
    this.#replaced = rest.replaced;
  }

  get rest(): MaskRest {
    return { held: this.#held, replaced: this.#replaced };
  }

  /** How many times something has been replaced so far. */
  get replacements(): number {
    return this.#replacements;
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
    let at = this.#next(data, 0);
    while (at <= data.length - HEAD) {
      const { end, open } = this.#look(data, at);
      if (end > 0 && at >= done) {
        pieces.push(data.subarray(done, at), REPLACEMENT);
        this.#replacements++;
      }
      done = Math.max(done, end);
      if (open && !isLast) break;
      at = this.#next(data, at + 1);
    }
    const kept = isLast ? data.length : this.#undecided(data, at);
    if (kept > done) pieces.push(data.subarray(done, kept));
    this.#held = data.subarray(kept);
    this.#replaced = Math.max(0, done - kept);
    return pieces.length === 1 ? (pieces[0] ?? NOTHING) : Buffer.concat(pieces);
  }

  #add(head: Buffer, needle: Needle): void {
    const key = head.readInt32BE(0);
    const others = this.#needles.get(key);
    if (others !== undefined) {
      others.push(needle);
      return;
    }
    this.#needles.set(key, [needle]);
    const bit = hash(key);
    this.#filter[bit >>> 3] = (this.#filter[bit >>> 3] ?? 0) | (1 << (bit & 7));
    for (let length = 1; length < HEAD; length++) this.#beginnings.add(head.toString('latin1', 0, length));
  }

  /** The next place where the head of a needle may be, or the first without room for one. */
  #next(data: Buffer, from: number): number {
    const filter = this.#filter;
    const { length } = data;
    if (from + HEAD > length) return from;
    let key = data.readUIntBE(from, HEAD - 1);
    for (let at = from + HEAD - 1; at < length; at++) {
      key = (key << 8) | (data[at] ?? 0);
      const bit = hash(key);
      if (((filter[bit >>> 3] ?? 0) & (1 << (bit & 7))) !== 0) return at - HEAD + 1;
    }
    return length - HEAD + 1;
  }

  /** Where the longest needle that starts at `at` ends (0 without one), and whether one may continue beyond the data. */
  #look(data: Buffer, at: number): Match {
    let end = 0;
    let open = false;
    const isAmongBackslashes =
      at + MANY_BACKSLASHES.length <= data.length &&
      data.compare(MANY_BACKSLASHES, 0, MANY_BACKSLASHES.length, at, at + MANY_BACKSLASHES.length) === 0;
    for (const needle of this.#needles.get(data.readInt32BE(at)) ?? []) {
      if (isAmongBackslashes && needle.spellings[0]?.plain[0] !== BACKSLASH) continue;
      const match = matchAt(needle, data, at);
      open ||= match.open;
      end = Math.max(end, match.end);
    }
    return { end, open };
  }

  /** The position from which the data may be the start of a needle: `from` itself if a whole head is left. */
  #undecided(data: Buffer, from: number): number {
    let at = from;
    while (data.length - at < HEAD && at < data.length) {
      if (this.#beginnings.has(data.toString('latin1', at))) return at;
      at++;
    }
    return Math.min(at, data.length);
  }
}

function hash(key: number): number {
  return Math.imul(key, 0x9e3779b1) >>> (32 - FILTER_BITS);
}
