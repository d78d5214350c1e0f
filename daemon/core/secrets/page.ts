import * as v from 'valibot';
import { SigilforgeError } from '../../../shared/errors.js';
import { SecretKey } from '../../../shared/schemas.js';
import type { SecretStore, StoredSecret } from '../store/secrets.js';

/** How many secrets a page has. */
const PAGE = 100;

/** A page of secrets, in the order of their keys; `cursor` asks for the next page, and is `null` on the last one. */
export function readPage(
  store: SecretStore,
  prefix = '',
  cursor?: string,
): { secrets: StoredSecret[]; cursor: string | null } {
  const after = cursor === undefined ? '' : decode(cursor);
  const secrets = store.page({ prefix, after, limit: PAGE + 1 });
  const last = secrets.length > PAGE ? secrets[PAGE - 1] : undefined;
  return { secrets: secrets.slice(0, PAGE), cursor: last ? encode(last.key) : null };
}

/** The last key of a page, in a form that does not invite a caller to read it. */
function encode(key: string): string {
  return Buffer.from(key).toString('base64url');
}

function decode(cursor: string): string {
  const key = Buffer.from(cursor, 'base64url').toString('utf8');
  if (v.is(SecretKey, key)) return key;
  throw new SigilforgeError('invalid_params', 'cursor is not one that an earlier page ended with.');
}
