import type { Core } from '../core/core.js';
import type { Handlers } from './handlers.js';

type Methods = 'list_providers' | 'get_provider' | 'set_provider' | 'remove_provider';

export function providerHandlers({ providers }: Core): Pick<Handlers, Methods> {
  return {
    list_providers: () => ({
      providers: providers.list().map(({ id, name, flows, default_scopes, source, configured }) => ({
        id,
        name,
        flows,
        default_scopes,
        source,
        configured,
      })),
    }),
    get_provider: async ({ id, discover }) => ({
      provider: discover ? await providers.discovered(id) : providers.get(id),
    }),
    set_provider: async ({ id, client_secret, ...settings }) => ({
      provider: await providers.set(id, settings, client_secret),
    }),
    remove_provider: async ({ id }) => ({ removed: await providers.remove(id) }),
  };
}
