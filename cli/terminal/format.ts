import { printable } from '../../shared/printable.js';

/** What a table or a record may hold. */
export type Cell = string | number | boolean | null | readonly string[];

const TIMESTAMP = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
const UNITS: readonly (readonly [Intl.RelativeTimeFormatUnit, number])[] = [
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
  ['second', 1],
];

/** A cell for programs: absent is empty, a list is separated by spaces, and there is neither tab nor newline. */
export function plain(cell: Cell): string {
  if (cell === null) return '';
  return printable(Array.isArray(cell) ? cell.join(' ') : String(cell));
}

/** A cell for people: a time also says how far away it is. */
export function friendly(cell: Cell, now: number = Date.now()): string {
  if (typeof cell === 'boolean') return cell ? 'yes' : 'no';
  const text = plain(cell);
  if (text === '') return '-';
  return TIMESTAMP.test(text) ? `${text} (${distance((Date.parse(text) - now) / 1000)})` : text;
}

/** Columns padded to the widest cell, two spaces between them. */
export function align(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}

/** An object as names and cells; nested objects become `outer.inner`. */
export function flatten(value: object, prefix = ''): [name: string, cell: Cell][] {
  return Object.entries(value).flatMap(([key, inner]: [string, unknown]): [string, Cell][] => {
    const name = `${prefix}${key}`;
    return isNested(inner) ? flatten(inner, `${name}.`) : [[name, asCell(inner)]];
  });
}

function isNested(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function asCell(value: unknown): Cell {
  if (value === null || value === undefined) return null;
  if (Array.isArray(value)) return value.map(String);
  return typeof value === 'number' || typeof value === 'boolean' ? value : String(value);
}

function distance(seconds: number): string {
  const [unit, size] = UNITS.find(([, length]) => Math.abs(seconds) >= length) ?? ['second', 1];
  return new Intl.RelativeTimeFormat('en', { numeric: 'auto' }).format(Math.trunc(seconds / size), unit);
}
