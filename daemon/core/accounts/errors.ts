import { SigilforgeError } from '../../../shared/errors.js';

interface Names {
  readonly service: string;
  readonly account: string;
}

export function noSuchAccount({ service, account }: Names): SigilforgeError {
  return new SigilforgeError('not_found', `There is no account ${service}/${account}.`, {
    hint: `Sign in with: sigilforge add-account ${service} ${account}`,
  });
}

export function accountExists({ service, account }: Names): SigilforgeError {
  return new SigilforgeError('already_exists', `The account ${service}/${account} already exists.`, {
    hint: 'To sign in to it again, add: --replace. For a second account, choose another name.',
  });
}

export function grantInUse({ service, account }: Names): SigilforgeError {
  return new SigilforgeError('already_exists', `The account ${service}/${account} already has this grant.`, {
    hint: 'Use that account, or remove it first: one refresh token under two names would be spent twice, and lost.',
  });
}

export function damagedAccount({ service, account }: Names, cause?: unknown): SigilforgeError {
  const sentence = `The stored account ${service}/${account} is damaged.`;
  return new SigilforgeError('integrity', sentence, {
    hint: `Remove it with: sigilforge remove-account ${service} ${account} --force --no-revoke. Then sign in again with: sigilforge add-account ${service} ${account}`,
    cause,
  });
}
