import type { Api } from '../../shared/contract/index.js';
import { SigilforgeError } from '../../shared/errors.js';
import { nearest } from '../../shared/nearest.js';
import { badArgument } from '../arguments/context.js';

/** The given account, or the only one that the service has. */
export async function chooseAccount(
  client: Pick<Api, 'listAccounts' | 'listProviders'>,
  service: string,
  account: string | undefined,
): Promise<{ service: string; account: string }> {
  if (account !== undefined) return { service, account };
  const { accounts } = await client.listAccounts({ service });
  const [only, ...others] = accounts;
  if (only === undefined) {
    throw await withoutAccount(client, service);
  }
  if (others.length > 0) {
    const names = accounts.map((known) => known.account).join(', ');
    throw badArgument(
      `${only.service} has several accounts: ${names}.`,
      `Name one of them after it, as in: ${only.service} ${only.account}`,
    );
  }
  return { service: only.service, account: only.account };
}

/** A service that is mistyped has accounts under its right name, or at least a provider. */
async function withoutAccount(
  client: Pick<Api, 'listAccounts' | 'listProviders'>,
  service: string,
): Promise<SigilforgeError> {
  const hint = await suggestion(client, service).catch(() => undefined);
  return new SigilforgeError('not_found', `The service ${service} has no account.`, {
    hint: hint ?? signInHint(service),
  });
}

async function suggestion(
  client: Pick<Api, 'listAccounts' | 'listProviders'>,
  service: string,
): Promise<string | undefined> {
  const { accounts } = await client.listAccounts({});
  const signedIn = nearest(
    service,
    accounts.map((known) => known.service),
  );
  const at = accounts.find((known) => known.service === signedIn);
  if (at) return `Did you mean ${at.service}? It has the account ${at.account}.`;
  const ids = (await client.listProviders()).providers.map(({ id }) => id);
  const meant = ids.includes(service) ? undefined : nearest(service, ids);
  return meant && `Did you mean ${meant}? ${signInHint(meant)}`;
}

function signInHint(service: string): string {
  return `Sign in with: sigilforge add-account ${service} work (work is a name of your choice).`;
}
