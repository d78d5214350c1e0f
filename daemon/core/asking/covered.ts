import { covers } from '../../../shared/grant.js';
import type { Grantable, GrantableAccount } from '../store/proposals.js';

/** What there is now that a grant in its usual spelling would allow, as references. */
export function coveredBy(grant: string, { accounts, secretKeys }: Grantable): string[] {
  // Only the program of vals knows what is there.
  if (grant.startsWith('vals:')) return [grant];
  if (grant.startsWith('secret://'))
    return secretKeys.map((key) => `secret://${key}`).filter((reference) => covers(grant, reference));
  const type = grant.slice(grant.lastIndexOf('/') + 1);
  return accounts.flatMap((account) => covered(grant, type, account) ?? []);
}

/** What the grant would allow of one account. */
function covered(
  grant: string,
  type: string,
  { service, account, kind }: GrantableAccount,
): string | undefined {
  const isKey = kind === 'api_key';
  const usual = isKey ? 'api_key' : 'token';
  // The token of an account that is an API key is that key.
  const isUsual = type === usual || type === '*' || (isKey && type === 'token');
  if (!isUsual && (isKey || type === 'api_key')) return undefined;
  const of = (last: string) => `auth://${service}/${account}/${last}`;
  if (!covers(grant, of(type === '*' ? usual : type))) return undefined;
  return of(isUsual ? usual : type);
}
