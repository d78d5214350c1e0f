import { Beginnings } from './beginnings.js';
import { beginningsOf, HEAD, type Match, type Needle, NO_MATCH } from './needle.js';

const REPLACEMENT = Buffer.from('[redacted]');
const NOTHING = Buffer.alloc(0);

/** The shortest text that is masked, in bytes. */
export const SHORTEST = 8;

/** So many bits of a hash choose a place in the filter, which then fits into a fast cache. */
const FILTER_BITS = 16;
/** What the filter knows about three bytes: they may be the first of a head, or its last. */
const FIRST = 1;
const LAST = 2;
const WHOLE = 4;

/** Where in a stream a mask is, so that another one of the same needles can go on from there. */
export interface MaskRest {
  readonly held: Uint8Array;
  /** How many of the first bytes held have been replaced already. */
  readonly replaced: number;
}

/**
 * Replaces every occurrence of the needles in a stream of bytes with `[redacted]`, wherever the stream is split.
 * Overlapping matches become one replacement. Only bytes that could still start a match are held back. Three bytes
 * at every other place are looked up in a filter of hashes: they are the first or the last of any head around there.
 */
export class Mask {
  readonly #filter = new Uint8Array(2 ** FILTER_BITS);
  /** The needles by their heads, of which there are more than needles. */
  readonly #heads = new Map<number, Beginnings>();
  /** The first bytes of each head, for every length below that of the whole. */
  readonly #beginnings = new Set<string>();
  #held: Buffer = NOTHING;
  /** How many of the first bytes held have been replaced already. */
  #replaced = 0;
  #replacements = 0;

  constructor(needles: Iterable<Needle>, rest?: MaskRest) {
    for (const needle of needles)
      for (const beginning of beginningsOf(needle)) this.#add(Buffer.from(beginning, 'latin1'), needle);
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

  /**
   * Returns what is held back and is shorter than a head, for a person who waits for it: what follows is masked as if it
   * had not been passed on.
   */
  release(): Buffer {
    if (this.#held.length >= HEAD) return NOTHING;
    const bytes = this.#held.subarray(this.#replaced);
    this.#replaced = Math.max(this.#replaced, this.#held.length);
    return bytes;
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

  #add(beginning: Buffer, needle: Needle): void {
    const head = beginning.readInt32BE(0);
    const beginnings = this.#heads.get(head) ?? new Beginnings();
    beginnings.add(beginning, needle);
    this.#heads.set(head, beginnings);
    this.#mark(hash(head >>> 8), FIRST);
    this.#mark(hash(head & 0xff_ffff), LAST);
    this.#mark(hash(head), WHOLE);
    for (let length = 1; length < HEAD; length++)
      this.#beginnings.add(beginning.toString('latin1', 0, length));
  }

  #mark(place: number, as: number): void {
    this.#filter[place] = (this.#filter[place] ?? 0) | as;
  }

  /** The next place where the head of a needle is, or the first without room for one. */
  #next(data: Buffer, from: number): number {
    const filter = this.#filter;
    const room = data.length - HEAD;
    for (let at = from + 1; at <= room + 1; at += 2) {
      // Typed arrays hold numbers at each of these places; only the compiler does not know it.
      const three = ((data[at] as number) << 16) | ((data[at + 1] as number) << 8) | (data[at + 2] as number);
      const found = filter[hash(three)] as number;
      if (found === 0) continue;
      if ((found & LAST) !== 0) {
        const head = ((data[at - 1] as number) << 24) | three;
        if (((filter[hash(head)] as number) & WHOLE) !== 0 && this.#heads.has(head)) return at - 1;
      }
      if ((found & FIRST) !== 0 && at <= room) {
        const head = (three << 8) | (data[at + 3] as number);
        if (((filter[hash(head)] as number) & WHOLE) !== 0 && this.#heads.has(head)) return at;
      }
    }
    return Math.max(from, room + 1);
  }

  /** Where the longest needle that starts at `at` ends (0 without one), and whether one may continue beyond the data. */
  #look(data: Buffer, at: number): Match {
    return this.#heads.get(data.readInt32BE(at))?.matchAt(data, at) ?? NO_MATCH;
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
