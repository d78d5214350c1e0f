import * as v from 'valibot';
import { SigilforgeError } from '../../../shared/errors.js';
import { parseJson } from '../../../shared/json.js';

/**
 * The most bytes of a page's items, as JSON: with what stands around them, a line stays below the 64 KiB that readers of
 * lines in other languages take. An item that is longer by itself has a page of its own.
 */
export const PAGE_BYTES = 63 * 1024;

/** A part of a list; `cursor` asks for the next one, and is `null` on the last. */
export interface Page<T> {
  readonly items: T[];
  readonly cursor: string | null;
}

/** A list that comes by page: its name, and what its entries are sorted by. */
export interface Listed<S> {
  readonly name: string;
  readonly keyOf: (entry: S) => readonly string[];
}

/**
 * The page of a sorted list that a cursor asks for. The cursor says behind which key it begins, so what is there all the
 * time is on one page, whatever is added or removed meanwhile.
 */
export function pageOf<S, T>(
  { name, keyOf }: Listed<S>,
  entries: Iterable<S>,
  itemOf: (entry: S) => T,
  cursor: string | undefined,
): Page<T> {
  const after = cursor === undefined ? undefined : keyAfter(name, cursor);
  const items: T[] = [];
  let bytes = 0;
  let last: readonly string[] = [];
  for (const entry of entries) {
    const key = keyOf(entry);
    if (after !== undefined && !isBehind(key, after)) continue;
    const item = itemOf(entry);
    bytes += Buffer.byteLength(JSON.stringify(item)) + 1;
    if (isFull(items, bytes)) return { items, cursor: cursorAfter(name, last) };
    items.push(item);
    last = key;
  }
  return { items, cursor: null };
}

/** Whether items of so many bytes are too many for a page. A page is never without any. */
export function isFull(items: readonly unknown[], bytes: number): boolean {
  return items.length > 0 && bytes > PAGE_BYTES;
}

/** The cursor of a page that ends with this key, in a form that does not invite a caller to read it. */
export function cursorAfter(list: string, key: readonly string[]): string {
  return Buffer.from(JSON.stringify([list, ...key])).toString('base64url');
}

/** The key that a page of this list ended with. Throws `invalid_params`. */
export function keyAfter(list: string, cursor: string): readonly string[] {
  const decoded = parseJson(Buffer.from(cursor, 'base64url').toString('utf8'));
  if (v.is(v.array(v.string()), decoded)) {
    const [name, ...key] = decoded;
    if (name === list && cursorAfter(list, key) === cursor) return key;
  }
  throw new SigilforgeError('invalid_params', 'cursor is not one that an earlier page ended with.', {
    hint: 'Begin with the first page, without a cursor.',
  });
}

/** In the order of SQLite: part by part, by code points of names that are ASCII. */
function isBehind(key: readonly string[], after: readonly string[]): boolean {
  const at = key.findIndex((part, index) => part !== after[index]);
  return at !== -1 && (key[at] ?? '') > (after[at] ?? '');
}
