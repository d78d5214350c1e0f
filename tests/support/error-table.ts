import { readFileSync, writeFileSync } from 'node:fs';
import type { ErrorPlace } from './error-places.js';

/** A row of tests/repo/error-texts.md. */
export interface ErrorRow extends ErrorPlace {
  readonly state: string;
}

const LIST = new URL('../repo/error-texts.md', import.meta.url);

/** The rows of the list of every error text, under the files that they come from. */
export function errorTable(): ErrorRow[] {
  const rows: ErrorRow[] = [];
  let at = '';
  for (const line of readFileSync(LIST, 'utf8').split('\n')) {
    at = /^## (\S+)$/.exec(line)?.[1] ?? at;
    const [, kind = '', sentence = '', hint = '', state = ''] =
      /^\| (.*?) \| (.*?) \| (.*?) \| (.*?) \|$/.exec(line) ?? [];
    if (kind !== '' && kind !== 'kind') rows.push({ at, kind, sentence, hint, state });
  }
  return rows;
}

/** A row as it is written in the list. */
export function rowText({ kind, sentence, hint, state = 'WHEN?' }: ErrorPlace & { state?: string }): string {
  return `| ${kind} | ${sentence} | ${hint} | ${state} |`;
}

/** Writes the list again, with a row for each place: the state of a new sentence is still to be said. */
export function writeErrorTable(places: readonly ErrorPlace[]): void {
  const old = errorTable();
  const stateOf = (place: ErrorPlace): string =>
    (
      old.find((row) => keyOf(row) === keyOf(place)) ??
      old.find(({ at, sentence }) => at === place.at && sentence === place.sentence && sentence !== '{}')
    )?.state ?? 'WHEN?';
  const [introduction = ''] = readFileSync(LIST, 'utf8').split('\n## ');
  const files = [...new Set(places.map(({ at }) => at))].sort();
  const sections = files.map((file) => {
    const rows = new Map(places.filter(({ at }) => at === file).map((place) => [keyOf(place), place]));
    const lines = [...rows.values()].map((place) => rowText({ ...place, state: stateOf(place) }));
    return [`\n## ${file}`, '', '| kind | sentence | hint | state |', '|---|---|---|---|', ...lines, ''].join(
      '\n',
    );
  });
  writeFileSync(LIST, `${introduction.trimEnd()}\n${sections.join('')}`);
}

/** What tells one row from the others. */
export function keyOf({ at, kind, sentence, hint }: ErrorPlace): string {
  return `${at} ${kind} ${sentence} ${hint}`;
}
