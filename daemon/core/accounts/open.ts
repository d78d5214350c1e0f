import type { OAuthContext } from '../oauth/exchange.js';
import type { Providers } from '../providers/providers.js';
import { AccountStore } from '../store/accounts.js';
import { AttemptStore } from '../store/attempts.js';
import type { Env } from '../store/env.js';
import type { Vault } from '../vault/vault.js';
import { Accounts } from './accounts.js';
import { Events } from './events.js';
import { Grants } from './grants.js';
import { Usage } from './usage.js';

interface Collaborators {
  readonly vault: Vault;
  readonly providers: Providers;
  readonly oauth: OAuthContext;
}

/** Accounts and their grants as they are stored, and what happens to them. */
export interface AccountServices {
  readonly store: AccountStore;
  readonly attempts: AttemptStore;
  readonly events: Events;
  readonly grants: Grants;
  readonly usage: Usage;
  readonly accounts: Accounts;
}

export function openAccounts(env: Env, { vault, providers, oauth }: Collaborators): AccountServices {
  const store = new AccountStore(env.db);
  const attempts = new AttemptStore(env.db);
  const events = new Events(env);
  const grants = new Grants(env, { store, attempts, vault, events });
  const usage = new Usage(env, { store });
  const accounts = new Accounts(env, { store, grants, providers, usage, oauth });
  return { store, attempts, events, grants, usage, accounts };
}
