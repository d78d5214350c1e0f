import { isUtf8 } from 'node:buffer';

/** A character of a needle, or a byte of one that is not text, and what programs write for it. */
export interface Spelling {
  /** No other spelling has it. */
  readonly id: number;
  /** As it is. */
  readonly plain: Buffer;
  /** All of them, the plain one first. */
  readonly all: readonly Buffer[];
  /** The plain one if it is a single byte that starts no other; -1 if not. */
  readonly simple: number;
  /** The first bytes of all; none if one of them is empty. */
  readonly starts: ReadonlySet<number>;
  /** How many bytes the longest has. */
  readonly longest: number;
  /** Some more first bytes of all, one character per byte. */
  readonly beginnings: readonly string[];
}

/** How many backslashes stand for one after a text was quoted, and quoted again up to three times. */
const BACKSLASHES = [1, 2, 3, 4, 7, 8].map((count) => '\\'.repeat(count));

/** What follows the backslash in shells, C, JSON, Python, Go and Ruby. */
const ESCAPES = new Map([
  ['\0', ['0']],
  ['\x07', ['a']],
  ['\b', ['b']],
  ['\t', ['t']],
  ['\n', ['n']],
  ['\v', ['v']],
  ['\f', ['f']],
  ['\r', ['r']],
  ['\x1b', ['e', 'E']],
]);

const ENTITIES = new Map([
  ['&', 'amp;'],
  ['<', 'lt;'],
  ['>', 'gt;'],
  ['"', 'quot;'],
  ["'", 'apos;'],
]);

/** What shells, CSV, SQL, YAML, make, forms and terminals write besides escapes. */
const DOUBLED = new Map([
  ["'", ["''", `'\\''`, `'\\\\''`, `'"'"'`, `'\\"'\\"'`]],
  ['"', ['""']],
  ['$', ['$$']],
  ['%', ['%%']],
  [' ', ['+']],
  ['\n', ['\r\n', '%0D%0A', '%0d%0a']],
]);

/** How many bytes a beginning has at most. */
const BEGINNING = 4;

const known = new Map<string, Spelling>();

/** Each character of a value, or each byte if it is not text. */
export function spell(value: Buffer): Spelling[] {
  return isUtf8(value) ? Array.from(value.toString(), spellCharacter) : Array.from(value, spellByte);
}

/** Any of these, and nothing else. The first is the plain one. */
export function spellAs(...texts: readonly string[]): Spelling {
  return remember(`as ${texts.join('\0')}`, () => texts.map((text) => Buffer.from(text)));
}

/** What is written for any of these characters. */
export function spellAnyOf(characters: string): Spelling {
  return remember(`any ${characters}`, () =>
    Array.from(characters, spellCharacter).flatMap(({ all }) => all),
  );
}

function spellCharacter(character: string): Spelling {
  return remember(`character ${character}`, () => {
    const bytes = Buffer.from(character);
    const escapes = [...escapedBytes(bytes), ...escapedUnits(character), ...shortEscapes(character)];
    return [
      bytes,
      ...[
        ...percentEncoded(bytes),
        ...escapes.flatMap((text) =>
          BACKSLASHES.map((backslashes) => text.replaceAll('\\', () => backslashes)),
        ),
        ...entities(character),
        ...(DOUBLED.get(character) ?? []),
      ].map((text) => Buffer.from(text)),
    ];
  });
}

function spellByte(byte: number): Spelling {
  return remember(`byte ${byte}`, () => {
    const bytes = Buffer.of(byte);
    return [bytes, ...[...percentEncoded(bytes), ...escapedBytes(bytes)].map((text) => Buffer.from(text))];
  });
}

function remember(key: string, spellings: () => readonly Buffer[]): Spelling {
  const before = known.get(key);
  if (before !== undefined) return before;
  const all = [...new Map(spellings().map((bytes) => [bytes.toString('latin1'), bytes])).values()];
  const [plain = Buffer.alloc(0), ...others] = all;
  const [first = -1] = plain;
  const made = {
    id: known.size,
    plain,
    all,
    simple: plain.length === 1 && others.every((other) => other[0] !== first) ? first : -1,
    starts: new Set(all.every(({ length }) => length > 0) ? all.map((bytes) => bytes[0] ?? 0) : []),
    longest: Math.max(...all.map(({ length }) => length)),
    beginnings: [...new Set(all.map((bytes) => bytes.toString('latin1', 0, BEGINNING)))],
  };
  known.set(key, made);
  return made;
}

/** Once, and twice. */
function percentEncoded(bytes: Buffer): string[] {
  return ['%', '%25'].flatMap((percent) => eachByte(bytes, percent, 16, 2));
}

function escapedBytes(bytes: Buffer): string[] {
  return [...eachByte(bytes, '\\x', 16, 2), ...eachByte(bytes, '\\', 8, 3)];
}

function eachByte(bytes: Buffer, before: string, radix: number, length: number): string[] {
  const numbers = Array.from(bytes, (byte) => byte.toString(radix).padStart(length, '0'));
  return bothCases(numbers).map((texts) => texts.map((text) => before + text).join(''));
}

function escapedUnits(character: string): string[] {
  const point = character.codePointAt(0) ?? 0;
  const units = character.split('').map((unit) => hex(unit.charCodeAt(0), 4));
  return [
    ...bothCases(units).map((texts) => texts.map((text) => `\\u${text}`).join('')),
    ...bothCases([hex(point, 1)]).map(([text]) => `\\u{${text}}`),
    ...bothCases([hex(point, 8)]).map(([text]) => `\\U${text}`),
    ...(point < 0x100 ? bothCases([hex(point, 2)]).map(([text]) => `\\x${text}`) : []),
  ];
}

/** A backslash before the character itself if it is punctuation, or before its letter. */
function shortEscapes(character: string): string[] {
  if (character === '\\') return BACKSLASHES.map((backslashes) => `${backslashes}`);
  const after = /[!-/:-@[-`{-~ ]/.test(character) ? [character] : (ESCAPES.get(character) ?? []);
  const escapes = after.map((text) => `\\${text}`);
  // Also as GNU's tools quote it, outside the quotes around the rest, and as Windows ends its lines.
  const outside = after === ESCAPES.get(character) ? escapes.map((text) => `'$'${text}''`) : [];
  return [...escapes, ...outside, ...(character === '\n' ? ['\\r\\n'] : [])];
}

/** Once, and twice. */
function entities(character: string): string[] {
  const point = character.codePointAt(0) ?? 0;
  const named = ENTITIES.get(character);
  const all = [
    ...(named === undefined ? [] : [named]),
    `#${point};`,
    `#${String(point).padStart(3, '0')};`,
    ...[1, 2, 4].flatMap((length) => bothCases([hex(point, length)]).map(([text]) => `#x${text};`)),
  ];
  return ['&', '&amp;'].flatMap((ampersand) => all.map((rest) => ampersand + rest));
}

function hex(value: number, length: number): string {
  return value.toString(16).padStart(length, '0');
}

function bothCases(texts: readonly string[]): string[][] {
  return [texts.slice(), texts.map((text) => text.toUpperCase())];
}
