import type { Core } from '../core/core.js';
import type { Handlers } from './handlers.js';

type Methods = 'get_token' | 'refresh_token' | 'token_info' | 'accounts_status' | 'resolve';

export function tokenHandlers({ tokens, tokenInfo, resolver }: Core): Pick<Handlers, Methods> {
  return {
    get_token: (params) => tokens.get(params),
    refresh_token: ({ service, account }) => tokens.refresh(service, account),
    token_info: ({ service, account }) => tokenInfo.get(service, account),
    accounts_status: () => tokenInfo.status(),
    resolve: ({ reference, explain }) =>
      explain ? resolver.explain(reference) : resolver.resolve(reference),
  };
}
