import type { Core } from '../core/core.js';
import type { Handlers } from './handlers.js';

type Methods =
  | 'set_secret'
  | 'get_secret'
  | 'get_secrets'
  | 'list_secrets'
  | 'delete_secret'
  | 'get_aws_credentials';

export function secretHandlers({ secrets, aws }: Core): Pick<Handlers, Methods> {
  return {
    set_secret: (params) => secrets.set(params),
    get_secret: ({ key }) => secrets.get(key),
    get_secrets: ({ prefix, cursor }) => secrets.getPage(prefix, cursor),
    list_secrets: ({ prefix, cursor }) => secrets.list(prefix, cursor),
    delete_secret: async ({ key }) => ({ deleted: await secrets.delete(key) }),
    get_aws_credentials: ({ name }) => aws.get(name),
  };
}
