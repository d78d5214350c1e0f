import { readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import { errnoOf } from '../../shared/errno.js';
import { badArgument } from '../arguments/context.js';

const ASSIGNMENT = /^\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(.*)$/;
const EMPTY = /^\s*(?:#.*)?$/;

/** A variable of an env file, and the line where it starts. */
export interface EnvFileEntry {
  readonly name: string;
  readonly value: string;
  readonly line: number;
}

/** Reads a file of `NAME=value` lines as Node does. Lines that Node would ignore silently are errors that name the line. */
export function readEnvFile(file: string): EnvFileEntry[] {
  const text = read(file)
    .replace(/^\ufeff/, '')
    .replaceAll('\r\n', '\n');
  const found = assignments(text, (line, sentence) => {
    throw badArgument(
      `${file}, line ${line}: ${sentence}`,
      'An env file has lines of NAME=value; # starts a comment.',
    );
  });
  const values = parseEnv(text);
  return [...found].map(([name, line]) => ({ name, value: values[name] ?? '', line }));
}

/** Each name, with the line of its last assignment. Calls `fail`, which throws, at the first mistake. */
function assignments(text: string, fail: (line: number, sentence: string) => never): Map<string, number> {
  const lines = text.split('\n');
  const found = new Map<string, number>();
  for (let index = 0; index < lines.length; index++) {
    const line = lines[index] ?? '';
    if (EMPTY.test(line)) continue;
    const number = index + 1;
    const [, name, rest] = ASSIGNMENT.exec(line) ?? fail(number, 'this is not NAME=value.');
    if (name === undefined || rest === undefined) continue;
    found.set(name, number);
    const quote = /^["'`]/.exec(rest)?.[0];
    if (quote === undefined) {
      if (/\S#/.test(rest)) fail(number, 'a # inside a value starts a comment unless the value is quoted.');
      continue;
    }
    let after = afterQuote(rest.slice(1), quote);
    while (after === undefined) {
      const next = lines[++index];
      if (next === undefined) fail(number, `the quote ${quote} is not closed.`);
      after = afterQuote(next, quote);
    }
    if (!EMPTY.test(after)) fail(index + 1, 'something follows the closing quote.');
  }
  return found;
}

function afterQuote(text: string, quote: string): string | undefined {
  const at = text.indexOf(quote);
  return at === -1 ? undefined : text.slice(at + 1);
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (thrown) {
    throw badArgument(`--env-file: ${file} cannot be read (${errnoOf(thrown) ?? 'unknown'}).`);
  }
}
