import type { AccountServices } from '../accounts/open.js';
import type { Refresher } from '../refresh/refresher.js';
import type { Env } from '../store/env.js';
import type { Vault } from '../vault/vault.js';
import { TokenCache } from './cache.js';
import { IdTokens } from './id-tokens.js';
import { TokenInfo } from './info.js';
import { Tokens } from './tokens.js';

interface Collaborators extends Pick<AccountServices, 'store' | 'events' | 'grants' | 'usage' | 'accounts'> {
  readonly vault: Vault;
  readonly refresher: Refresher;
}

/** What hands tokens out, and what says how they are. `ahead_s`: from config.toml. */
export function openTokens(
  env: Env,
  { store, events, grants, usage, accounts, vault, refresher }: Collaborators,
  { ahead_s }: { readonly ahead_s: number },
): { tokens: Tokens; idTokens: IdTokens; tokenInfo: TokenInfo } {
  const cache = new TokenCache(env, { store, vault, events });
  return {
    tokens: new Tokens(env, { grants, refresher, cache, usage }),
    idTokens: new IdTokens(env, { accounts, grants, refresher, usage }),
    tokenInfo: new TokenInfo(env, { accounts, store, soonMs: ahead_s * 1000 }),
  };
}
