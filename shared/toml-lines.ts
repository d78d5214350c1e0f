// smol-toml reads a document and does not say where its keys are: this finds their lines.

/** The header of a table, or of an array of tables (TOML 1.0). */
const HEADER = /^\s*\[\[?([^[\]]+)\]/;
const KEY = /^\s*([^=#[\]]+?)\s*=/;
const NAME = /"([^"]*)"|'([^']*)'|([^\s.]+)/g;

/**
 * The line, from 1, on which a key is set. For a key in an array or in an inline table it is the line of the nearest key
 * around it. `undefined` if not even the outermost key has a line.
 */
export function lineOfKey(text: string, path: readonly string[]): number | undefined {
  let found: number | undefined;
  let depth = 0;
  let table: readonly string[] = [];
  for (const { number, line } of statements(text)) {
    const header = HEADER.exec(line)?.[1];
    const key = KEY.exec(line)?.[1];
    if (header !== undefined) table = namesOf(header);
    else if (key === undefined) continue;
    const names = header === undefined ? [...table, ...namesOf(key ?? '')] : table;
    const shared = commonLength(names, path);
    if (shared <= depth) continue;
    depth = shared;
    found = number;
  }
  return found;
}

/** What the end of a line is inside of. */
interface Inside {
  /** The quotes that end the multi-line string, or `undefined` outside of one. */
  readonly quotes: string | undefined;
  /** How many arrays and inline tables are open. */
  readonly brackets: number;
}

/** The lines that begin outside of every value of several lines. */
function* statements(text: string): Generator<{ number: number; line: string }> {
  let inside: Inside = { quotes: undefined, brackets: 0 };
  for (const [index, line] of text.split('\n').entries()) {
    if (inside.quotes === undefined && inside.brackets === 0) yield { number: index + 1, line };
    inside = after(line, inside);
  }
}

/** Quotes, whole strings of one line, comments and brackets: a bracket in a string or a comment does not count. */
const TOKEN = /"""|'''|"(?:[^"\\]|\\.)*"|'[^']*'|#.*|[[\]{}]/g;
/** An escaped character, or the end of a multi-line string with escapes. */
const END_OF_BASIC = /\\.|"""/g;

function after(line: string, { quotes, brackets }: Inside): Inside {
  let at = 0;
  let open = quotes;
  let depth = brackets;
  for (;;) {
    if (open !== undefined) {
      at = endOfString(line, open, at);
      if (at === -1) return { quotes: open, brackets: depth };
      open = undefined;
    }
    TOKEN.lastIndex = at;
    const token = TOKEN.exec(line)?.[0];
    if (token === undefined) return { quotes: undefined, brackets: depth };
    at = TOKEN.lastIndex;
    if (token === '"""' || token === "'''") open = token;
    else if (token === '[' || token === '{') depth += 1;
    else if (token === ']' || token === '}') depth -= 1;
  }
}

/** The place behind the quotes that end a multi-line string, or -1 if they are not on this line. */
function endOfString(line: string, quotes: string, from: number): number {
  if (quotes === "'''") {
    const end = line.indexOf(quotes, from);
    return end === -1 ? -1 : end + quotes.length;
  }
  END_OF_BASIC.lastIndex = from;
  for (let match = END_OF_BASIC.exec(line); match; match = END_OF_BASIC.exec(line)) {
    if (match[0] === quotes) return END_OF_BASIC.lastIndex;
  }
  return -1;
}

function namesOf(key: string): string[] {
  return [...key.matchAll(NAME)].map(([, double, single, bare]) => double ?? single ?? bare ?? '');
}

function commonLength(names: readonly string[], path: readonly string[]): number {
  const different = names.findIndex((name, index) => name !== path[index]);
  return different === -1 ? names.length : different;
}
