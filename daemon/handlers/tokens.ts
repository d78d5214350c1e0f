import type { Core } from '../core/open.js';
import { accountsStatus, tokenInfo } from '../core/tokens/info.js';
import type { Handlers } from './handlers.js';

type Methods = 'get_token' | 'refresh_token' | 'token_info' | 'accounts_status' | 'resolve';

export function tokenHandlers({
  accounts,
  tokens,
  resolver,
  store,
  clock,
  config,
}: Core): Pick<Handlers, Methods> {
  return {
    get_token: (params) => tokens.get(params),
    refresh_token: ({ service, account }) => tokens.refresh(service, account),
    token_info: ({ service, account }) => tokenInfo(accounts.row(service, account), clock),
    accounts_status: () => accountsStatus(store.list(), clock, config.refresh.ahead_s * 1000),
    resolve: ({ reference, explain }) =>
      explain ? resolver.explain(reference) : resolver.resolve(reference),
  };
}
