import { isUtf8 } from 'node:buffer';
import { SHORTEST } from './mask.js';
import { HEAD, type Needle } from './needle.js';
import { partsOf } from './parts.js';
import { type Spelling, spell, spellAnyOf, spellAs } from './spelling.js';

/** What `echo` appends to a value before another program encodes it. */
const LINE_END = Buffer.from('\n');

/** Where lines are broken in a text without blanks, it is a long one. */
const SHORTEST_WRAPPED = 16;

/** Longer needles are searched for in pieces. */
const LONGEST = 256;
/** How much of a piece is in the next one as well, so that both are one match, even if the next lacks its start. */
const OVERLAP = 2 * HEAD;

const HEX_SEPARATOR = spellAs('', ':', '-', ' ', '  ', ',', ', ');
const DECIMAL_SEPARATOR = spellAs(',', ' ', ', ');

/**
 * What to search for so that none of these values shows, nor a part of one that is a secret by itself. Each as it is,
 * with any of its characters escaped or quoted; as base64 anywhere in a longer text; as hex and as decimal bytes. Line
 * breaks are passed over in what has no blanks. Parts shorter than eight bytes are left out.
 *
 * What a needle cannot start with is a line break: its first characters, up to three, may stay behind at the end of a
 * line. Of a value with more than 256 characters, each 256 of them are masked where the rest is missing.
 */
export function formsOf(values: Iterable<Buffer>): Needle[] {
  const needles = new Map<string, Needle>();
  for (const value of values) {
    for (const part of partsOf(value)) {
      if (part.length < SHORTEST) continue;
      for (const form of encodings(part))
        for (const piece of piecesOf(form)) needles.set(keyOf(piece), piece);
    }
  }
  return [...needles.values()];
}

function encodings(value: Buffer): Needle[] {
  return [
    { spellings: spell(value), wraps: isLongWord(value), endings: [] },
    { spellings: bytesAs(value, hexByte, HEX_SEPARATOR), wraps: true, endings: [] },
    { spellings: bytesAs(value, decimalByte, DECIMAL_SEPARATOR), wraps: true, endings: [] },
    ...[value, ...asStrings(value)].flatMap((text) => [0, 1, 2].map((before) => base64(text, before))),
  ];
}

function isLongWord(value: Buffer): boolean {
  return value.length >= SHORTEST_WRAPPED && /^[!-~]*$/.test(value.toString('latin1'));
}

/** What stands for a value in a JSON text or a URL that is encoded as a whole. */
function asStrings(value: Buffer): Buffer[] {
  if (!isUtf8(value)) return [];
  const text = value.toString();
  return [JSON.stringify(text).slice(1, -1), percentEncoded(text)]
    .filter((form) => form !== text)
    .map((form) => Buffer.from(form));
}

function percentEncoded(text: string): string {
  return new URLSearchParams({ '': text }).toString().slice(1).replaceAll('+', '%20');
}

function bytesAs(value: Buffer, write: (byte: number) => Spelling[], separator: Spelling): Spelling[] {
  return Array.from(value, (byte, index) => (index === 0 ? write(byte) : [separator, ...write(byte)])).flat();
}

function hexByte(byte: number): Spelling[] {
  const [high = '', low = ''] = byte.toString(16).padStart(2, '0');
  const upper = high.toUpperCase();
  return [spellAs(high, upper, `0x${high}`, `0x${upper}`), spellAs(low, low.toUpperCase())];
}

function decimalByte(byte: number): Spelling[] {
  return [spellAs(`${byte}`)];
}

/**
 * A value as base64 when `before` bytes (modulo three) precede it. Characters that also hold bits of its neighbours are
 * left out; if nothing follows the value, or only the end of a line, the last characters and the padding belong to it.
 */
function base64(value: Buffer, before: number): Needle {
  const first = Math.ceil((before * 8) / 6);
  const last = Math.floor(((before + value.length) * 8) / 6);
  const endings = [value, Buffer.concat([value, LINE_END])].flatMap((text) => {
    const padded = Buffer.concat([Buffer.alloc(before), text])
      .toString('base64')
      .slice(last);
    return [padded, padded.replace(/=+$/, '')].map((ending) => Array.from(ending, spellBase64));
  });
  const inside = Buffer.concat([Buffer.alloc(before), value])
    .toString('base64')
    .slice(first, last);
  return {
    spellings: Array.from(inside, spellBase64),
    wraps: true,
    endings: endings.filter(({ length }) => length > 0),
  };
}

/** Letters and digits as they are, the others in both alphabets, and as strings and URLs write them. */
function spellBase64(character: string): Spelling {
  if (character === '+') return spellAnyOf('+-');
  if (character === '/') return spellAnyOf('/_');
  return character === '=' ? spellAnyOf('=') : spellAs(character);
}

function piecesOf({ spellings, wraps, endings }: Needle): Needle[] {
  const pieces: Needle[] = [];
  for (let from = 0; from === 0 || from + OVERLAP < spellings.length; from += LONGEST - OVERLAP) {
    // A blank must not look like the start of anything.
    if (isSeparator(spellings[from])) from--;
    const to = from + LONGEST;
    const piece = {
      spellings: spellings.slice(from, to),
      wraps,
      endings: to < spellings.length ? [] : endings,
    };
    pieces.push(piece, ...(wraps ? withoutStart(piece) : []));
  }
  return pieces;
}

/** The needle without what of it may stand before the first line break, too short to recognize. */
function withoutStart({ spellings, ...needle }: Needle): Needle[] {
  const shorter: Needle[] = [];
  let bytes = 0;
  for (const [index, { plain }] of spellings.entries()) {
    bytes += plain.length;
    const rest = spellings.slice(index + 1);
    if (bytes >= HEAD || rest.length < SHORTEST) break;
    if (!isSeparator(rest[0])) shorter.push({ ...needle, spellings: rest });
  }
  return shorter;
}

function isSeparator(spelling: Spelling | undefined): boolean {
  return spelling === HEX_SEPARATOR || spelling === DECIMAL_SEPARATOR;
}

function keyOf({ spellings, wraps, endings }: Needle): string {
  return `${wraps} ${[spellings, ...endings].map((texts) => texts.map(({ id }) => id).join(' ')).join()}`;
}
