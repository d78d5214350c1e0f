import type { Api } from '../../shared/contract/index.js';
import { SigilforgeError } from '../../shared/errors.js';
import { badArgument } from '../arguments/context.js';

/** The given account, or the only one that the service has. */
export async function chooseAccount(
  client: Pick<Api, 'listAccounts'>,
  service: string,
  account: string | undefined,
): Promise<{ service: string; account: string }> {
  if (account !== undefined) return { service, account };
  const { accounts } = await client.listAccounts({ service });
  const [only, ...others] = accounts;
  if (only === undefined) {
    throw new SigilforgeError('not_found', `The service ${service} has no account.`, {
      hint: `Sign in with: sigilforge add-account ${service} ACCOUNT`,
    });
  }
  if (others.length > 0) {
    const names = accounts.map((known) => known.account).join(', ');
    throw badArgument(
      `${only.service} has several accounts: ${names}.`,
      'Name one of them after the service.',
    );
  }
  return { service: only.service, account: only.account };
}
