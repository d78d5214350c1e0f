import type { Accounts } from '../accounts/accounts.js';
import type { Capabilities } from '../capabilities/open.js';
import type { Secrets } from '../secrets/secrets.js';
import type { Env } from '../store/env.js';
import { Notice } from './notice/notice.js';
import { PageServer } from './page/page-server.js';
import { Proposals } from './proposals.js';
import { SecretRequests } from './secret-requests.js';

/** What a person is asked. */
export interface Asking {
  readonly secretRequests: SecretRequests;
  readonly proposals: Proposals;
}

interface Options {
  readonly capabilities: Pick<Capabilities, 'registry' | 'ownSecrets' | 'granted'>;
  readonly accounts: Pick<Accounts, 'list'>;
  readonly secrets: Pick<Secrets, 'list'>;
  /** `asking.desktop` in config.toml. */
  readonly desktop: boolean;
}

export function openAsking(env: Env, { capabilities, accounts, secrets, desktop }: Options): Asking {
  const { registry, ownSecrets, granted } = capabilities;
  return {
    secretRequests: new SecretRequests(env, {
      ...{ registry, ownSecrets },
      pages: new PageServer(),
      notice: new Notice({ desktop }),
    }),
    proposals: new Proposals(env, { registry, granted, accounts, secrets }),
  };
}
