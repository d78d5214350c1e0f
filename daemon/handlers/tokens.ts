import type { Core } from '../core/core.js';
import type { Handlers } from './handlers.js';

type Methods =
  | 'get_token'
  | 'refresh_token'
  | 'token_info'
  | 'accounts_status'
  | 'list_unread_answers'
  | 'retry_unread_answers'
  | 'resolve';

export function tokenHandlers({ tokens, tokenInfo, rereading, resolver }: Core): Pick<Handlers, Methods> {
  return {
    get_token: (params) => tokens.get(params),
    refresh_token: ({ service, account }) => tokens.refresh(service, account),
    token_info: ({ service, account }) => tokenInfo.get(service, account),
    accounts_status: ({ cursor }) => tokenInfo.status(cursor),
    list_unread_answers: ({ cursor }) => {
      const page = rereading.list(cursor);
      return { answers: page.items, cursor: page.cursor };
    },
    retry_unread_answers: () => rereading.retry(),
    resolve: ({ reference, explain }) =>
      explain ? resolver.explain(reference) : resolver.resolve(reference),
  };
}
