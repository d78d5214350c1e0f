import * as v from 'valibot';
import { SigilforgeError } from '../../../shared/errors.js';
import { SecretKey } from '../../../shared/schemas.js';
import type { SecretRow, SecretStore } from '../store/secrets.js';

const PAGE = 100;

/** A page of rows, in the order of their keys; `cursor` asks for the next one, and is `null` on the last. */
export function readPage(
  store: SecretStore,
  prefix = '',
  cursor?: string,
): { rows: SecretRow[]; cursor: string | null } {
  const after = cursor === undefined ? '' : decode(cursor);
  const rows = store.page({ prefix, after, limit: PAGE + 1 });
  const last = rows.length > PAGE ? rows[PAGE - 1] : undefined;
  return { rows: rows.slice(0, PAGE), cursor: last ? encode(last.key) : null };
}

/** The last key of a page, written so that nobody takes it for more than it is. */
function encode(key: string): string {
  return Buffer.from(key).toString('base64url');
}

function decode(cursor: string): string {
  const key = Buffer.from(cursor, 'base64url').toString('utf8');
  if (v.is(SecretKey, key)) return key;
  throw new SigilforgeError('invalid_params', 'cursor is not one that a page before has ended with.');
}
