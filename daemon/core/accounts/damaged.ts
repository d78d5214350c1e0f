import { asSigilforgeError } from '../../../shared/errors.js';
import type { Logger } from '../platform/log.js';
import type { StoredAccount } from '../store/accounts.js';

/** What `read` makes of an account; for a damaged one a line in the log, and `otherwise`, so that it hides no other account. */
export function readUnlessDamaged<T>(
  log: Logger,
  account: StoredAccount,
  read: (account: StoredAccount) => T,
  otherwise: (account: StoredAccount) => T,
): T {
  try {
    return read(account);
  } catch (thrown) {
    if (asSigilforgeError(thrown).kind !== 'integrity') throw thrown;
    logDamaged(log, account);
    return otherwise(account);
  }
}

export function logDamaged(log: Logger, { service, account }: StoredAccount): void {
  log.warn('account.damaged', { account: `${service}/${account}` });
}
