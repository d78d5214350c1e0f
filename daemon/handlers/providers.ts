import type { ProviderSummary } from '../../shared/contract/providers.js';
import type { Provider } from '../../shared/provider.js';
import type { Core } from '../core/core.js';
import { type Listed, pageOf } from '../core/platform/pages.js';
import type { Handlers } from './handlers.js';

type Methods = 'list_providers' | 'get_provider' | 'test_provider' | 'set_provider' | 'remove_provider';

const LISTED: Listed<Provider> = { name: 'providers', keyOf: ({ id }) => [id] };

export function providerHandlers({ providers, providerTest }: Core): Pick<Handlers, Methods> {
  return {
    list_providers: ({ cursor }) => {
      const page = pageOf(LISTED, providers.list(), summaryOf, cursor);
      return { providers: page.items, cursor: page.cursor };
    },
    get_provider: async ({ id, discover }) => ({
      provider: discover ? await providers.discovered(id) : providers.get(id),
    }),
    test_provider: async ({ id }) => {
      const checks = await providerTest.run(id);
      return { works: checks.every(({ state }) => state !== 'fault'), checks };
    },
    set_provider: async ({ id, client_secret, unset, ...settings }) => ({
      provider: await providers.set(id, settings, { clientSecret: client_secret, unset }),
    }),
    remove_provider: async ({ id }) => ({ removed: await providers.remove(id) }),
  };
}

function summaryOf(provider: Provider): ProviderSummary {
  const { id, name, flows, default_scopes, source, configured } = provider;
  const { client_secret, has_client_secret, public_client_id, registration_endpoint, discovery } = provider;
  const client = { client_secret, has_client_secret, public_client_id, registration_endpoint };
  return { id, name, flows, default_scopes, source, configured, ...client, discovery };
}
