import type { ClientWithSecret } from '../oauth/client.js';
import type { Providers } from '../providers/providers.js';
import type { AccountRow } from '../store/accounts.js';
import { clientOf } from './account.js';
import type { Grants } from './grants.js';

/**
 * The client that an account signed in with; `undefined` for one without any. Its secret is the provider's stored one as
 * long as that belongs to the same client, since secrets are renewed there; otherwise the one of the sign-in.
 */
export async function accountClient(
  row: AccountRow,
  { grants, providers }: { grants: Grants; providers: Providers },
): Promise<ClientWithSecret | undefined> {
  const client = clientOf(row);
  if (!client) return undefined;
  const current = await providers.secretOf(client.id, client.client_id);
  return { client, secret: current ?? (await grants.open(row, 'client_secret')) };
}
