import { asSigilforgeError } from '../../../shared/errors.js';
import type { Secret } from '../../../shared/secret.js';
import type { OAuthClient } from '../oauth/registration/client.js';
import type { Providers } from '../providers/providers.js';
import type { StoredAccount } from '../store/accounts.js';
import type { Grants } from './grants.js';
import { clientOf } from './json-fields.js';

/**
 * The client that an account signed in with; `undefined` for an account without one. Its secret is the one stored for
 * the provider as long as that belongs to the same client at the same addresses, because secrets are renewed there;
 * otherwise the one of the sign-in. Throws `integrity` if the account is damaged.
 */
export async function accountClient(
  account: StoredAccount,
  { grants, providers }: { readonly grants: Grants; readonly providers: Providers },
): Promise<OAuthClient | undefined> {
  const registration = clientOf(account);
  if (!registration) return undefined;
  const current = await unlessDamaged(providers.secretOf(registration), account);
  return { registration, secret: current ?? (await grants.open(account, 'clientSecret')) };
}

/** A provider's secret that does not open keeps no account from its own. */
async function unlessDamaged(
  finding: Promise<Secret | undefined>,
  { clientSecret }: StoredAccount,
): Promise<Secret | undefined> {
  try {
    return await finding;
  } catch (thrown) {
    if (asSigilforgeError(thrown).kind === 'integrity' && clientSecret) return undefined;
    throw thrown;
  }
}
