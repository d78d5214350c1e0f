import { place } from '../../daemon/core/sealing/places.js';
import { SEALED_FIELDS, type SealedField } from '../../daemon/core/store/accounts.js';
import { openTestCore } from './start/core.js';
import * as stored from './stored.js';

/** What an account keeps of its provider: where refreshes are sent, and the provider's own words for a dead grant. */
export interface KeptProvider {
  readonly tokenEndpoint: string;
  readonly deadGrantErrors: readonly string[];
}

/** Changes what an account keeps of its provider, as only a program can that has the vault's key. Gives what it kept before. */
export async function changeProvider(
  home: string,
  name: { readonly service: string; readonly account: string },
  changes: Partial<KeptProvider>,
): Promise<KeptProvider> {
  const core = await openTestCore(home);
  try {
    const sealer = await core.vault.unlocked();
    const account = core.accounts.stored(name.service, name.account);
    const client = JSON.parse(account.client ?? '') as {
      token_endpoint: string;
      dead_grant_errors: readonly string[];
    };
    const before = { tokenEndpoint: client.token_endpoint, deadGrantErrors: client.dead_grant_errors };
    const { tokenEndpoint, deadGrantErrors } = { ...before, ...changes };
    const changed = {
      ...account,
      client: JSON.stringify({
        ...client,
        token_endpoint: tokenEndpoint,
        dead_grant_errors: deadGrantErrors,
      }),
    };
    const sealed = (Object.keys(SEALED_FIELDS) as SealedField[]).map((field) => {
      const [column, value] = [SEALED_FIELDS[field], account[field]];
      const again =
        value &&
        sealer.seal(place.account(changed, column), sealer.open(place.account(account, column), value));
      return [column, again] as const;
    });
    stored.changeClient(home, account.id, changed.client, Object.fromEntries(sealed));
    return before;
  } finally {
    await core.close();
  }
}
