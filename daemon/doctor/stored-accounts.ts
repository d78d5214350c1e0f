import type { AccountInfo } from '../../shared/contract/index.js';
import { asSigilforgeError, type SigilforgeError } from '../../shared/errors.js';
import { clientOf } from '../core/accounts/json-fields.js';
import type { Core } from '../core/core.js';
import type { ClientRegistration } from '../core/oauth/registration/client.js';
import type { Page } from '../core/platform/pages.js';
import type { StoredAccount } from '../core/store/accounts.js';

/** An account as it is stored, as it is listed, and the client that it signed in with, if that can be read. */
export interface SeenAccount {
  readonly info: AccountInfo;
  readonly stored: StoredAccount;
  readonly client: ClientRegistration | null;
  /** Why it cannot be read. */
  readonly damage: SigilforgeError | undefined;
}

export function storedAccounts({ accounts }: Core): SeenAccount[] {
  return everyPage((cursor) => accounts.list(undefined, cursor)).map((info) => {
    const stored = accounts.stored(info.service, info.account);
    try {
      accounts.get(info.service, info.account);
      return { info, stored, client: clientOf(stored), damage: undefined };
    } catch (thrown) {
      return { info, stored, client: null, damage: asSigilforgeError(thrown) };
    }
  });
}

/** What a list has, whatever its pages hold. */
export function everyPage<T>(list: (cursor?: string) => Page<T>): T[] {
  const all: T[] = [];
  let page = list();
  all.push(...page.items);
  while (page.cursor !== null) {
    page = list(page.cursor);
    all.push(...page.items);
  }
  return all;
}
