import type { Api } from '../../shared/contract/index.js';
import { asSigilforgeError } from '../../shared/errors.js';

/** An account by its two names. */
export interface NamedAccount {
  readonly service: string;
  readonly account: string;
}

/** The token as it is now, without a refresh; `undefined` if it has expired or cannot be had. */
export async function currentToken(
  api: Pick<Api, 'getToken'>,
  { service, account }: NamedAccount,
): Promise<string | undefined> {
  try {
    const asked = { service, account, refresh_if_needed: false, min_valid_s: 0 };
    return (await api.getToken(asked)).access_token;
  } catch (thrown) {
    const { kind } = asSigilforgeError(thrown);
    if (kind === 'auth_required' || kind === 'not_found') return undefined;
    throw thrown;
  }
}
