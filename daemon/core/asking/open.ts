import type { Capabilities } from '../capabilities/open.js';
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
  /** `asking.desktop` in config.toml. */
  readonly desktop: boolean;
}

export function openAsking(env: Env, { capabilities, desktop }: Options): Asking {
  const { registry, ownSecrets, granted } = capabilities;
  return {
    secretRequests: new SecretRequests(env, {
      ...{ registry, ownSecrets },
      pages: new PageServer(),
      notice: new Notice(env, { desktop }),
    }),
    proposals: new Proposals(env, { registry, granted }),
  };
}
