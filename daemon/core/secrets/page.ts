import { cursorAfter, keyAfter } from '../platform/pages.js';
import type { ListedSecret, SecretStore } from '../store/secrets.js';

/** The most secrets of a page. Without values, which is how they are listed, a hundred of them are never too long for one. */
const PAGE = 100;

/**
 * A page of secrets without their values, in the order of their keys; `cursor` asks for the next page, and is `null` on
 * the last one.
 */
export function readPage(
  store: SecretStore,
  prefix = '',
  cursor?: string,
): { secrets: ListedSecret[]; cursor: string | null } {
  const [after = ''] = cursor === undefined ? [] : keyAfter('secrets', cursor);
  const secrets = store.page({ prefix, after, limit: PAGE + 1 });
  const last = secrets.length > PAGE ? secrets[PAGE - 1] : undefined;
  return { secrets: secrets.slice(0, PAGE), cursor: last ? cursorAfterSecret(last.key) : null };
}

export function cursorAfterSecret(key: string): string {
  return cursorAfter('secrets', [key]);
}
