import { parseGrant } from '../../shared/grant.js';
import type { Core } from '../core/core.js';
import type { Handlers } from './handlers.js';

type Methods =
  | 'register_capability'
  | 'list_capabilities'
  | 'get_capability'
  | 'set_capability_active'
  | 'remove_capability'
  | 'check_capability'
  | 'trust_capability'
  | 'list_capability_versions'
  | 'grant_capability'
  | 'revoke_capability'
  | 'set_capability_secret'
  | 'delete_capability_secret'
  | 'list_capability_secrets';

export function capabilityHandlers({ capabilities, runs }: Core): Pick<Handlers, Methods> {
  const { registry, trust, granted, ownSecrets } = capabilities;
  return {
    register_capability: async ({ path }) => ({ capability: await registry.register(path) }),
    list_capabilities: ({ cursor }) => registry.list(cursor),
    get_capability: ({ name }) => ({ capability: registry.describe(name) }),
    set_capability_active: async ({ name, active }) => ({
      capability: await registry.setActive(name, active),
    }),
    remove_capability: async ({ name }) => {
      const id = registry.idOf(name);
      await runs.endAllOf(id);
      const removed = await registry.remove(id);
      trust.forget(id);
      return { removed };
    },
    check_capability: ({ name }) => trust.check(name),
    trust_capability: async ({ name, digest }) => ({ capability: await trust.trust(name, digest) }),
    list_capability_versions: ({ name, cursor }) => trust.versions(name, cursor),
    grant_capability: async ({ name, grant }) => ({ grants: await granted.grant(name, parseGrant(grant)) }),
    revoke_capability: ({ name, grant }) => granted.revoke(name, parseGrant(grant)),
    set_capability_secret: (params) => ownSecrets.set(params),
    delete_capability_secret: async ({ name, key }) => ({ deleted: await ownSecrets.delete(name, key) }),
    list_capability_secrets: ({ name, cursor }) => ownSecrets.list(name, cursor),
  };
}
