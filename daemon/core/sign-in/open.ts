import type { AccountServices } from '../accounts/open.js';
import type { OAuthContext } from '../oauth/exchange.js';
import type { Providers } from '../providers/providers.js';
import type { Env } from '../store/env.js';
import type { Vault } from '../vault/vault.js';
import { AddAccount } from './add-account.js';
import { TokenImport } from './import-token.js';
import { PendingSignIns, type SignInLimits } from './pending.js';
import { RedirectPorts } from './redirect-ports.js';
import { SignInStore } from './sign-in-store.js';
import { PersonSignIn } from './with-person.js';

interface Collaborators
  extends Pick<AccountServices, 'store' | 'attempts' | 'accounts' | 'grants' | 'events'> {
  readonly providers: Providers;
  readonly vault: Vault;
  readonly oauth: OAuthContext;
  readonly limits: SignInLimits;
}

/** Every way to add an account, and the sign-ins that wait for a person. */
export function openSignIn(
  env: Env,
  { store, attempts, accounts, grants, events, providers, vault, oauth, limits }: Collaborators,
): { addAccount: AddAccount; signIns: PendingSignIns } {
  const signIns = new PendingSignIns(limits);
  const signInStore = new SignInStore(env, { store, attempts, vault, grants, events });
  const tokenImport = new TokenImport(env, { store, attempts, vault, grants, providers, oauth, signInStore });
  const { log, leases } = env;
  const waiting = { pending: signIns, ports: new RedirectPorts(leases) };
  const person = new PersonSignIn(oauth, { log, accounts, providers, vault, ...waiting, signInStore });
  const ways = { person, tokenImport, signInStore };
  return { addAccount: new AddAccount(oauth, { store, accounts, providers, vault, ...ways }), signIns };
}
