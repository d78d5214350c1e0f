import { EnvCursor } from './env-cursor.js';
import { type Place, refuse } from './env-fault.js';
import { quotingOf } from './env-quoting.js';

/** A variable of an env file, and the line where it starts. */
export interface EnvFileEntry {
  readonly name: string;
  readonly value: string;
  readonly line: number;
}

/** The rest of a line in which nothing is assigned. JavaScript also ends lines at U+2028 and U+2029, Go does not. */
const NOTHING = /[ \t]*(?:#[^\n\r\u2028\u2029]*)?(?:\r?\n|\r?$)/y;
const NAME = /[ \t]*(?:export[ \t]+)?([A-Za-z_][\w.-]*)[ \t]*=[ \t]*/y;
const SINGLE_QUOTED = /'([^']*)'/y;
const DOUBLE_QUOTED = /"([^"\\]*(?:\\.[^"\\]*)*)"/sy;
const LINE = /([^\n]*)(?:\n|$)/y;
const REST = /[^\n]*/y;

/** What some readers take for a blank or the end of a line, and others for a part of the text. */
const ODD_BLANK = /[^\P{White_Space} \t]|[^\P{Cc}\t]|\ufeff/u;
/** Escapes that not every reader replaces, or not with the same. */
const AMBIGUOUS_ESCAPE = /[\\"'$abftv0]/;

/**
 * Reads the text of an env file: what docker compose, dotenv and python-dotenv read alike. Where one of them would read
 * something else it throws an error that names the line, and repeats no text of the file: it may be a value.
 */
export function parseEnvText(text: string, file: string): EnvFileEntry[] {
  const cursor = new EnvCursor(text, file);
  const entries: EnvFileEntry[] = [];
  while (!cursor.isAtEnd) {
    if (cursor.take(NOTHING) === undefined) entries.push(assignmentAt(cursor));
  }
  return entries;
}

function assignmentAt(cursor: EnvCursor): EnvFileEntry {
  const { line } = cursor.place;
  const name = nameAt(cursor);
  return { name, value: valueAt(cursor), line };
}

function nameAt(cursor: EnvCursor): string {
  const { place } = cursor;
  const line = cursor.peek(REST);
  const name = cursor.take(NAME);
  if (name === undefined) return refuseLine(place, line);
  if (/^[ \t]*export[ \t]+=/.test(line))
    return refuse(place, 'export has no name behind it.', 'Write it like this: export NAME=value');
  if (name === '__proto__')
    return refuse(place, 'dotenv leaves out a variable of this name.', 'Give the variable another name.');
  return name;
}

function valueAt(cursor: EnvCursor): string {
  switch (cursor.peek(/['"`]?/y)) {
    case "'":
      return quotedAt(cursor, SINGLE_QUOTED, singleQuoted);
    case '"':
      return quotedAt(cursor, DOUBLE_QUOTED, doubleQuoted);
    default:
      return unquotedAt(cursor);
  }
}

/** Up to the end of the line. */
function unquotedAt(cursor: EnvCursor): string {
  const { place } = cursor;
  const line = (cursor.take(LINE) ?? '').replace(/\r$/, '');
  const comment = line.indexOf('#');
  const value = (comment === -1 ? line : line.slice(0, comment)).replace(/[ \t]+$/, '');
  if (ODD_BLANK.test(value) || /[\r\u2028\u2029]/.test(line)) refuseOddBlank(place);
  if (comment !== -1 && value === '')
    refuse(
      place,
      'dotenv reads an empty value before this #, and docker compose does not.',
      "Write NAME= and put the comment on a line of its own, or write the value in quotes: NAME='#value'",
    );
  if (comment !== -1 && line[comment - 1] !== ' ')
    refuse(place, 'dotenv starts a comment at this #, and docker compose does not.', quotingOf(line));
  if (value.startsWith('`'))
    refuse(place, 'dotenv takes ` for a quote, and docker compose does not.', quotingOf(value.slice(1, -1)));
  if (value.includes('$'))
    refuse(place, 'docker compose replaces what follows a $, and dotenv does not.', quotingOf(value));
  return value;
}

/** A value in quotes, with nothing but a comment between it and the end of its last line. */
function quotedAt(
  cursor: EnvCursor,
  pattern: RegExp,
  read: (text: string, placeOf: (index: number) => Place) => string,
): string {
  const { place } = cursor;
  const text = cursor.take(pattern);
  if (text === undefined) return refuse(place, 'the quote is not closed.', 'Close it with the same quote.');
  const placeOf = (index: number): Place => placeIn(place, text, index);
  const carriageReturn = text.indexOf('\r');
  if (carriageReturn !== -1)
    refuse(
      placeOf(carriageReturn),
      'docker compose keeps a carriage return inside quotes, and dotenv does not.',
      'Save the file with Unix line ends (LF).',
    );
  const value = read(text, placeOf);
  const end = cursor.place;
  const line = cursor.peek(REST);
  if (cursor.take(NOTHING) !== undefined) return value;
  if (/^[ \t]*(?:#|$)/.test(line) || ODD_BLANK.test(line.replace(/\r$/, ''))) return refuseOddBlank(end);
  return refuse(
    end,
    'something follows the closing quote.',
    'End the line there, or start a comment with #.',
  );
}

function singleQuoted(text: string, placeOf: (index: number) => Place): string {
  const backslash = text.search(/\\(?:[\\']|$)/);
  if (backslash !== -1)
    refuse(
      placeOf(backslash),
      'in single quotes, docker compose and python-dotenv differ on this backslash.',
      quotingOf(text.replace(/\\$/, "'")),
    );
  const variable = text.indexOf('${');
  if (variable !== -1)
    refuse(
      placeOf(variable),
      // biome-ignore lint/suspicious/noTemplateCurlyInString: It is what the file has.
      'python-dotenv replaces ${…} even in single quotes, and dotenv does not.',
      quotingOf(text),
    );
  return text;
}

function doubleQuoted(text: string, placeOf: (index: number) => Place): string {
  const meant = text.replace(/\\(.)/gs, '$1');
  const value = text.replace(/\\(.)/gs, (whole: string, character: string, index: number) => {
    if (AMBIGUOUS_ESCAPE.test(character))
      refuse(
        placeOf(index),
        'not every reader replaces this backslash and what follows it.',
        quotingOf(meant),
      );
    if (character === 'n') return '\n';
    return character === 'r' ? '\r' : whole;
  });
  const variable = text.indexOf('$');
  if (variable !== -1)
    refuse(
      placeOf(variable),
      'in double quotes, docker compose replaces what follows a $, and dotenv does not.',
      quotingOf(meant),
    );
  return value;
}

/** Throws for a line that assigns nothing. */
function refuseLine(place: Place, line: string): never {
  if (ODD_BLANK.test(line.replace(/\r$/, ''))) return refuseOddBlank(place);
  if (/^[ \t]*[\w.-]+:/.test(line))
    return refuse(place, 'a colon stands where = is needed.', 'Write it like this: NAME=value');
  if (/^[ \t]*(?:export[ \t]+)?[\w.-]+[ \t]*(?:#|\r?$)/.test(line))
    return refuse(
      place,
      'a name without a value.',
      'Write NAME=value, or remove the line: the program gets all inherited variables.',
    );
  return refuse(
    place,
    'this is not NAME=value.',
    'A name has letters, digits, _, . and -, and starts with a letter or _. A comment starts with #.',
  );
}

function refuseOddBlank(place: Place): never {
  refuse(
    place,
    'here is a blank or a line end that not every reader takes for one.',
    'Use spaces, tabs and line feeds. Anything else belongs in quotes.',
  );
}

function placeIn({ file, line }: Place, text: string, index: number): Place {
  return { file, line: line + text.slice(0, index).split('\n').length - 1 };
}
