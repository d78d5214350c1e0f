import { place } from '../../daemon/core/sealing/places.js';
import {
  type AccountFields,
  SEALED_FIELDS,
  type SealedField,
  type StoredAccount,
} from '../../daemon/core/store/accounts.js';
import { openTestCore } from './start/core.js';
import * as stored from './stored.js';

/** What an account keeps and its sealed values are bound to. */
type Kept = Pick<AccountFields, 'client' | 'askedScopes' | 'subject'>;

/** Changes what an account keeps, as only a program can that has the vault's key. */
export async function changeAccount(
  home: string,
  { service, account: name }: { readonly service: string; readonly account: string },
  change: (account: StoredAccount) => Partial<Kept>,
): Promise<void> {
  const core = await openTestCore(home);
  try {
    const sealer = await core.vault.unlocked();
    const account = core.accounts.stored(service, name);
    const changed = { ...account, ...change(account) };
    const sealed = (Object.keys(SEALED_FIELDS) as SealedField[]).map((field) => {
      const [column, value] = [SEALED_FIELDS[field], account[field]];
      const again =
        value &&
        sealer.seal(place.account(changed, column), sealer.open(place.account(account, column), value));
      return [column, again] as const;
    });
    const { client, askedScopes, subject } = changed;
    const columns = { client, asked_scopes: askedScopes, subject, ...Object.fromEntries(sealed) };
    stored.changeAccount(home, account.id, columns);
  } finally {
    await core.close();
  }
}
