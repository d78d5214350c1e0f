import { changeAccount } from './kept-account.js';

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
  let before: KeptProvider | undefined;
  await changeAccount(home, name, (account) => {
    const client = JSON.parse(account.client ?? '') as {
      token_endpoint: string;
      dead_grant_errors: readonly string[];
    };
    before = { tokenEndpoint: client.token_endpoint, deadGrantErrors: client.dead_grant_errors };
    const { tokenEndpoint, deadGrantErrors } = { ...before, ...changes };
    const changed = { ...client, token_endpoint: tokenEndpoint, dead_grant_errors: deadGrantErrors };
    return { client: JSON.stringify(changed) };
  });
  if (!before) throw new Error('Nothing was changed.');
  return before;
}
