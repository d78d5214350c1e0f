import * as v from 'valibot';
import { SigilforgeError } from '../../../shared/errors.js';
import { SecretKey } from '../../../shared/schemas.js';
import type { ListedSecret, SecretStore } from '../store/secrets.js';

/** The most secrets of a page. Without values, which is how they are listed, a hundred of them stay below `PAGE_BYTES`. */
const PAGE = 100;

/** The most bytes of a page's secrets, as JSON. One that is longer by itself has a page of its own. */
export const PAGE_BYTES = 64 * 1024;

/**
 * A page of secrets without their values, in the order of their keys; `cursor` asks for the next page, and is `null` on
 * the last one.
 */
export function readPage(
  store: SecretStore,
  prefix = '',
  cursor?: string,
): { secrets: ListedSecret[]; cursor: string | null } {
  const after = cursor === undefined ? '' : decode(cursor);
  const secrets = store.page({ prefix, after, limit: PAGE + 1 });
  const last = secrets.length > PAGE ? secrets[PAGE - 1] : undefined;
  return { secrets: secrets.slice(0, PAGE), cursor: last ? cursorAfter(last.key) : null };
}

/** The cursor of a page that ends with this key, in a form that does not invite a caller to read it. */
export function cursorAfter(key: string): string {
  return Buffer.from(key).toString('base64url');
}

function decode(cursor: string): string {
  const key = Buffer.from(cursor, 'base64url').toString('utf8');
  if (v.is(SecretKey, key)) return key;
  throw new SigilforgeError('invalid_params', 'cursor is not one that an earlier page ended with.', {
    hint: 'Begin with the first page, without a cursor.',
  });
}
