import type { Core } from '../core/core.js';

/** What the service manager shows of the daemon, to every program of the user: counts, and no names. */
export function statusLine({ accounts, vault }: Pick<Core, 'accounts' | 'vault'>): string {
  try {
    const count = accounts.count;
    return `${count} ${count === 1 ? 'account' : 'accounts'}, vault ${vault.state}`;
  } catch {
    return 'The database cannot be read.';
  }
}
