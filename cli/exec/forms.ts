import { isUtf8 } from 'node:buffer';
import { SHORTEST } from './mask.js';

const NEWLINE = 0x0a;
const CARRIAGE_RETURN = 0x0d;
/** What `echo` appends to a value before another program encodes it. */
const LINE_END = Buffer.from('\n');

/** The characters besides letters and digits that percent-encoding leaves alone; programs differ here. */
const UNESCAPED = ['-_.~', "-_.!~*'()", '-_.*', '-_.~/', "-_.!~*'();/?:@&=+$,#", ''];

/**
 * What to search for so that none of these values shows: each value, each of its lines, and their encodings as base64
 * (anywhere in a longer text), hex, percent-encoding and JSON. Forms shorter than eight bytes are left out.
 */
export function formsOf(values: Iterable<Buffer>): Buffer[] {
  const forms = new Set<string>();
  for (const value of values) {
    for (const part of [value, ...linesOf(value)]) {
      if (part.length < SHORTEST) continue;
      for (const form of encodings(part)) forms.add(form);
    }
  }
  return [...forms].filter((form) => form.length >= SHORTEST).map((form) => Buffer.from(form, 'latin1'));
}

function linesOf(value: Buffer): Buffer[] {
  const lines: Buffer[] = [];
  for (let from = 0; from < value.length; ) {
    const newline = value.indexOf(NEWLINE, from);
    const end = newline === -1 ? value.length : newline;
    lines.push(value.subarray(from, end > from && value[end - 1] === CARRIAGE_RETURN ? end - 1 : end));
    from = end + 1;
  }
  return lines;
}

/** Every encoding of a value, one character per byte. */
function encodings(value: Buffer): string[] {
  const hex = value.toString('hex');
  return [
    value.toString('latin1'),
    hex,
    hex.toUpperCase(),
    ...[value, Buffer.concat([value, LINE_END])].flatMap((text) =>
      [0, 1, 2].flatMap((before) => base64(text, before)),
    ),
    ...percentEncoded(value),
    ...(isUtf8(value) ? insideJson(value.toString()) : []),
  ];
}

/**
 * A value as base64 when `before` bytes (modulo three) precede it. Characters that also hold bits of its neighbours are
 * left out; if nothing follows the value, the last character and the padding belong to it.
 */
function base64(value: Buffer, before: number): string[] {
  const all = Buffer.concat([Buffer.alloc(before), value]);
  const padded = all.toString('base64').slice(Math.ceil((before * 8) / 6));
  const unpadded = padded.replace(/=+$/, '');
  const inside = unpadded.slice(0, Math.floor((all.length * 8) / 6) - Math.ceil((before * 8) / 6));
  return [padded, unpadded, inside].flatMap((text) => [text, text.replaceAll('+', '-').replaceAll('/', '_')]);
}

function percentEncoded(value: Buffer): string[] {
  const encoded = UNESCAPED.map((kept) =>
    percentEncode(value, (text) => /\w/.test(text) || kept.includes(text)),
  );
  const forms = [...encoded, percentEncode(value, () => false)];
  return [...forms, ...forms.map((text) => text.replaceAll('%20', '+'))].flatMap((text) => [
    text,
    text.replace(/%../g, (escaped) => escaped.toLowerCase()),
  ]);
}

function percentEncode(value: Buffer, isKept: (text: string) => boolean): string {
  let text = '';
  for (const byte of value) {
    const character = String.fromCharCode(byte);
    text += isKept(character) ? character : `%${byte.toString(16).padStart(2, '0').toUpperCase()}`;
  }
  return text;
}

function insideJson(text: string): string[] {
  const plain = JSON.stringify(text).slice(1, -1);
  const upper = escapeCharacters(plain, /[^ -~]/g).replace(
    /\\u[0-9a-f]{4}/g,
    (escaped) => `\\u${escaped.slice(2).toUpperCase()}`,
  );
  const forms = [plain, escapeCharacters(plain, /[^ -~]/g), upper, escapeCharacters(plain, /[<>&]/g)];
  return [...forms, ...forms.map((form) => form.replaceAll('/', '\\/'))].map((form) =>
    Buffer.from(form).toString('latin1'),
  );
}

function escapeCharacters(text: string, which: RegExp): string {
  return text.replace(which, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
