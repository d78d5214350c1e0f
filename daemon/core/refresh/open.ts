import type { AccountServices } from '../accounts/open.js';
import type { OAuthContext } from '../oauth/exchange.js';
import type { Providers } from '../providers/providers.js';
import type { Env } from '../store/env.js';
import type { Vault } from '../vault/vault.js';
import { Answers } from './answers.js';
import { Refresher } from './refresher.js';
import { Rereading } from './rereading.js';
import type { Rescue } from './rescue.js';
import { Scheduler } from './scheduler.js';
import type { UnreadAnswers } from './unread-answers.js';

const DAY_MS = 86_400_000;

interface Collaborators extends Pick<AccountServices, 'store' | 'attempts' | 'grants' | 'usage' | 'events'> {
  readonly providers: Providers;
  readonly vault: Vault;
  readonly oauth: OAuthContext;
  readonly rescue: Rescue;
  readonly unread: UnreadAnswers;
}

interface Settings {
  /** This process, in words for people. */
  readonly holder: string;
  /** `[refresh]` of config.toml. */
  readonly times: { readonly ahead_s: number; readonly idle_days: number };
}

/** What refreshes grants: when it is asked to, and ahead of time. */
export function openRefresh(
  env: Env,
  { store, attempts, grants, usage, events, providers, vault, oauth, rescue, unread }: Collaborators,
  { holder, times: { ahead_s, idle_days } }: Settings,
): { refresher: Refresher; rereading: Rereading; scheduler: Scheduler } {
  const answers = new Answers(env, { grants, rescue, vault, oauth });
  const refresher = new Refresher(env, {
    ...{ store, attempts, answers, rescue, unread, vault, grants, providers, oauth, holder },
  });
  const times = { aheadMs: ahead_s * 1000, idleMs: idle_days * DAY_MS };
  const rereading = new Rereading(env, { store, grants, providers, answers, unread, vault });
  return {
    refresher,
    rereading,
    scheduler: new Scheduler(env, { store, vault, refresher, usage, events, times }),
  };
}
