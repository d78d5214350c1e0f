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

/** No text. */
const NONE = Buffer.alloc(0);

export const NO_MATCH: Match = { end: 0, open: false };

/** A needle that has one spelling. */
export function exactly(text: string): Needle {
  return { spellings: Array.from(text, (character) => spellAs(character)), wraps: false, endings: [] };
}

/**
 * All that a needle may begin with, one character per byte: the whole text if its first character is written with at least
 * `HEAD` bytes, as escapes are, else so many bytes.
 */
export function beginningsOf({ spellings }: Needle): Set<string> {
  const [first = NO_SPELLING, ...others] = spellings;
  const found = new Set<string>();
  let unfinished = new Set<string>();
  for (const text of first.all) {
    (text.length < HEAD ? unfinished : found).add(text.toString('latin1'));
  }
  for (const { beginnings } of others) {
    if (unfinished.size === 0) break;
    const longer = new Set<string>();
    for (const before of unfinished) {
      for (const beginning of beginnings) {
        const head = (before + beginning).slice(0, HEAD);
        (head.length < HEAD ? longer : found).add(head);
      }
    }
    unfinished = longer;
  }
  return found;
}

/** Compares a needle with the data from some place on. Nearly all ends at the first character that differs. */
export function matchAt(needle: Needle, data: Buffer, from: number): Match {
  const { spellings, wraps, endings } = needle;
  let place = from;
  let isPlain = true;
  let index = 0;
  for (const spelling of spellings) {
    const byte = data[place];
    if (byte === spelling.simple) place++;
    else {
      const isSimple = place + spelling.longest <= data.length && !(wraps && BREAK_STARTS.has(byte ?? 0));
      const text = isSimple ? onlyOne(spelling, data, place) : undefined;
      if (text === NONE) return NO_MATCH;
      if (text === undefined) return new Reading(data, from, wraps).match(needle, index, { place, isPlain });
      isPlain &&= text === spelling.plain;
      place += text.length;
    }
    index++;
  }
  if (endings.length === 0) return { end: place, open: false };
  return new Reading(data, from, wraps).match(needle, index, { place, isPlain });
}

/** The only text of a spelling that is there, `NONE`, or `undefined` if there are several. */
function onlyOne({ starts, all }: Spelling, data: Buffer, at: number): Buffer | undefined {
  if (starts.size > 0 && !starts.has(data[at] ?? 0)) return NONE;
  let found: Buffer = NONE;
  for (const text of all) {
    if (!isAt(text, data, at)) continue;
    if (found !== NONE) return undefined;
    found = text;
  }
  return found;
}

function isAt(text: Buffer, data: Buffer, at: number): boolean {
  for (let index = 0; index < text.length; index++) if (data[at + index] !== text[index]) return false;
  return true;
}

/** How far the data was read as a needle, and whether that stands as it is. */
interface Walked {
  readonly place: number;
  readonly isPlain: boolean;
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
   * Goes on behind the characters before `index`, which could be read in one way only. If the whole needle stands as it is, it
   * ends there: a quotation mark behind it is not its own. Else the longest way counts.
   */
  match({ spellings, endings }: Needle, index: number, so: Walked): Match {
    const whole = this.#read(spellings, index, { places: [so.place], plain: so.isPlain ? so.place : -1 });
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

  /** The place itself, and those behind the line breaks there: the blanks after them may be indentation or not. */
  #pastBreaks(place: number): number[] {
    if (place - this.#from < HEAD || !BREAK_STARTS.has(this.#data[place] ?? 0)) return [place];
    const places = [place];
    let end = place;
    for (let length = this.#lengthOfBreak(place); length > 0; ) {
      end += length;
      if (end - place > LONGEST_BREAK) return places;
      places.push(end);
      length = BLANKS.has(this.#data[end] ?? 0) ? 1 : this.#lengthOfBreak(end);
    }
    return places;
  }

  #lengthOfBreak(at: number): number {
    const byte = this.#data[at] ?? 0;
    if (LINE_ENDS.has(byte)) return 1;
    return BREAK_STARTS.has(byte) ? (ESCAPED_BREAKS.find((text) => this.#has(text, at))?.length ?? 0) : 0;
  }
}
