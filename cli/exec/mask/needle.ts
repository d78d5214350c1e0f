import { type Spelling, spellAs } from './spelling.js';

/** How many of its first bytes a needle is recognized by. No line is broken within them. */
export const HEAD = 4;

/** How long a line break with the indentation behind it may be, so that what is held back stays bounded. */
const LONGEST_BREAK = 64;

const LINE_ENDS: ReadonlySet<number> = new Set(Buffer.from('\n\r'));
const BLANKS: ReadonlySet<number> = new Set(Buffer.from(' \t'));
/** Ends of lines as shells, strings, URLs and HTML write them. */
const ESCAPED_BREAKS = '\\\n|\\n|\\r|\\\\n|\\\\r|\\\\\\\\n|%0A|%0a|%0D|%0d|&#10;|&#13;|&#xA;|&#xD;'
  .split('|')
  .map((text) => Buffer.from(text));
const BREAK_STARTS: ReadonlySet<number> = new Set([
  ...LINE_ENDS,
  ...ESCAPED_BREAKS.map((text) => text.readUInt8(0)),
]);

/** What is searched for: characters, each in any of its spellings. */
export interface Needle {
  readonly spellings: readonly Spelling[];
  /** Whether lines may be broken within it. */
  readonly wraps: boolean;
  /** What belongs to it where it follows. */
  readonly endings: readonly (readonly Spelling[])[];
}

/** How a needle matches the data from some place on. */
export interface Match {
  /** Where it ends; 0 if it is not there as a whole. */
  readonly end: number;
  /** Whether it may be there, or be longer, when more data has come. */
  readonly open: boolean;
}

/** What nothing is read as. */
const NO_SPELLING = spellAs();

const NO_MATCH: Match = { end: 0, open: false };

/** A needle that has one spelling. */
export function exactly(text: string): Needle {
  return { spellings: Array.from(text, (character) => spellAs(character)), wraps: false, endings: [] };
}

/** All that the first bytes of a needle may be, one character per byte. */
export function headsOf({ spellings }: Needle): Set<string> {
  const heads = new Set<string>();
  let unfinished = new Set(['']);
  for (const { beginnings } of spellings) {
    if (unfinished.size === 0) break;
    const longer = new Set<string>();
    for (const before of unfinished) {
      for (const beginning of beginnings) {
        const head = (before + beginning).slice(0, HEAD);
        (head.length < HEAD ? longer : heads).add(head);
      }
    }
    unfinished = longer;
  }
  return heads;
}

/** Compares a needle with the data from some place on. Nearly all ends at the first character that differs. */
export function matchAt(needle: Needle, data: Buffer, from: number): Match {
  const { spellings, wraps, endings } = needle;
  let index = 0;
  let place = from;
  let spelling = spellings[0];
  while (spelling !== undefined && spelling.simple === data[place]) {
    place++;
    spelling = spellings[++index];
  }
  if (spelling === undefined && endings.length === 0) return { end: place, open: false };
  if (spelling !== undefined && differs(spelling, data[place], wraps)) return NO_MATCH;
  return new Reading(data, from, wraps).match(needle, index, place);
}

/** Whether a byte starts no spelling, nor the end of a line. */
function differs({ starts }: Spelling, byte: number | undefined, wraps: boolean): boolean {
  return byte !== undefined && starts.size > 0 && !starts.has(byte) && !(wraps && BREAK_STARTS.has(byte));
}

/** What was read as a needle: every place where it may have ended, and where if it stands as it is (-1 if it does not). */
interface Read {
  readonly places: readonly number[];
  readonly plain: number;
}

/** Follows every way to read the data as a needle. */
class Reading {
  /** Whether the data ended within a text. */
  #open = false;
  readonly #data: Buffer;
  readonly #from: number;
  readonly #wraps: boolean;

  constructor(data: Buffer, from: number, wraps: boolean) {
    this.#data = data;
    this.#from = from;
    this.#wraps = wraps;
  }

  /**
   * Goes on where the characters before `index` were as they are, up to `place`. If the whole needle stands as it is, it
   * ends there: a quotation mark behind it is not its own. Else the longest way counts.
   */
  match({ spellings, endings }: Needle, index: number, place: number): Match {
    const whole = this.#read(spellings, index, { places: [place], plain: place });
    if (whole.places.length === 0) return this.#open ? { end: 0, open: true } : NO_MATCH;
    if (whole.plain !== -1 && endings.length === 0) return { end: whole.plain, open: false };
    const ends = endings.flatMap((ending) => this.#read(ending, 0, whole).places);
    return { end: Math.max(...whole.places, ...ends), open: this.#open };
  }

  #read(spellings: readonly Spelling[], index: number, before: Read): Read {
    let { places, plain } = before;
    for (let next = index; next < spellings.length && places.length > 0; next++) {
      const spelling = spellings[next] ?? NO_SPELLING;
      const [only = 0] = places;
      if (places.length === 1 && spelling.simple === this.#data[only]) {
        plain = plain === only ? only + 1 : -1;
        places = [only + 1];
        continue;
      }
      if (this.#wraps) places = places.flatMap((place) => this.#pastBreaks(place));
      plain = plain !== -1 && this.#has(spelling.plain, plain) ? plain + spelling.plain.length : -1;
      places = this.#past(spelling.all, places);
    }
    return { places, plain };
  }

  #has(text: Buffer, at: number): boolean {
    for (let index = 0; index < text.length; index++) {
      const byte = this.#data[at + index];
      if (byte === text[index]) continue;
      if (byte === undefined) this.#open = true;
      return false;
    }
    return true;
  }

  /** Each place that is reached from one of these by one of the texts. */
  #past(texts: readonly Buffer[], places: readonly number[]): number[] {
    const reached: number[] = [];
    for (const place of places) {
      for (const text of texts) {
        const end = place + text.length;
        if (this.#has(text, place) && !reached.includes(end)) reached.push(end);
      }
    }
    return reached;
  }

  /** The place itself, and that behind the line breaks there and the indentation after them. */
  #pastBreaks(place: number): number[] {
    if (place - this.#from < HEAD || !BREAK_STARTS.has(this.#data[place] ?? 0)) return [place];
    let end = place;
    for (let length = this.#lengthOfBreak(place); length > 0; ) {
      end += length;
      if (end - place > LONGEST_BREAK) return [place];
      length = BLANKS.has(this.#data[end] ?? 0) ? 1 : this.#lengthOfBreak(end);
    }
    return end === place ? [place] : [place, end];
  }

  #lengthOfBreak(at: number): number {
    const byte = this.#data[at] ?? 0;
    if (LINE_ENDS.has(byte)) return 1;
    return BREAK_STARTS.has(byte) ? (ESCAPED_BREAKS.find((text) => this.#has(text, at))?.length ?? 0) : 0;
  }
}
