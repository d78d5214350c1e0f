import type { Reading } from './readers.js';

/** What Go's unicode package and the parser's own `isSpace` take for a blank inside a line. */
const BLANKS = /^[\t\v\f\r \u0085\u00a0]+/;

/**
 * How docker compose reads an env file, after the rules of compose-go 2.13: dotenv/parser.go, dotenv/godotenv.go and
 * template/template.go. Neither Debian nor npm has that library, so they are written down here. A Go
 * build of parser.go read the rows of env-file-rows.ts, and 100,000 random texts of their pieces, in the same way.
 */
export function readAsCompose(source: string): Reading {
  const found = new Map<string, string>();
  let rest = source.replace(/^\ufeff/, '');
  for (;;) {
    rest = rest.replace(/^(?:\p{White_Space}+|#[^\n]*)+/u, '');
    if (rest === '') break;
    const { name, end, after } = nameIn(rest);
    if (name === undefined || name.includes(' ')) return 'fault';
    rest = after;
    // A name alone gets its value from the environment, where the tests have none.
    if (end === '\n') continue;
    const assigned = valueIn(rest);
    const value = assigned && (assigned.isLiteral ? assigned.value : replaceVariables(assigned.value, found));
    if (assigned === undefined || value === undefined) return 'fault';
    found.set(name, value);
    rest = assigned.after;
  }
  return Object.fromEntries([...found].filter(([name]) => !/^\s*\d/.test(name)));
}

function nameIn(text: string): { name: string | undefined; end: string; after: string } {
  const line = /^export[\t\n\f\r ]/.test(text) ? text.slice('export'.length).replace(BLANKS, '') : text;
  const [head = '', name = '', end = ''] =
    /^([\p{L}\p{N}_.[\]\t\v\f\r \u0085\u00a0-]*)([=:\n]?)/u.exec(line) ?? [];
  const isCutShort = end === '' && head.length < line.length;
  return {
    // A name with nothing behind it is taken for the value of a variable without a name.
    name: isCutShort || line === '' ? undefined : end === '' ? '' : name.replace(/\p{White_Space}+$/u, ''),
    end,
    after: line.slice(end === '' ? 0 : head.length).replace(BLANKS, ''),
  };
}

function valueIn(text: string): { value: string; isLiteral: boolean; after: string } | undefined {
  const quote = text[0];
  if (quote !== '"' && quote !== "'") {
    const [line = ''] = text.split('\n', 1);
    const value = (line.split(' #', 1)[0] ?? '').replace(/\p{White_Space}+$/u, '');
    return { value, isLiteral: false, after: text.slice(line.length + 1) };
  }
  const [whole, inside] =
    (quote === '"' ? /^"((?:\\.|[^\\"])*)"/s : /^'((?:\\.|[^\\'])*)'/s).exec(text) ?? [];
  if (whole === undefined || inside === undefined) return undefined;
  const value = inside.replaceAll(`\\${quote}`, quote);
  const isLiteral = quote === "'";
  return { value: isLiteral ? value : replaceEscapes(value), isLiteral, after: text.slice(whole.length) };
}

const ESCAPED: Readonly<Record<string, string>> = {
  ...{ a: '\x07', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v' },
  ...{ $: '$$', '"': '"', '\\': '\\' },
};

function replaceEscapes(text: string): string {
  return text.replace(
    /\\(?:([abcfnrtv$"\\])|0(\d{0,3}))/g,
    (whole: string, letter?: string, digits?: string) => {
      if (letter !== undefined) return ESCAPED[letter] ?? whole;
      const code = /^[0-3][0-7]{2}$/.test(digits ?? '') ? Number.parseInt(digits ?? '', 8) : undefined;
      return code === undefined ? whole.replace('0', '') : String.fromCharCode(code);
    },
  );
}

/** Knows $NAME, ${NAME}, ${NAME:-TEXT} and $$. */
function replaceVariables(text: string, found: ReadonlyMap<string, string>): string | undefined {
  let isWrong = false;
  const value = text.replace(
    /\$(?:(\$)|([_a-z][_a-z0-9]*)|\{([_a-z][_a-z0-9]*)(?::-([^}]*))?\}|)/gi,
    (whole: string, dollar?: string, plain?: string, braced?: string, otherwise = '') => {
      isWrong ||= whole === '$';
      return dollar ?? (found.get(plain ?? braced ?? '') || otherwise);
    },
  );
  return isWrong ? undefined : value;
}
