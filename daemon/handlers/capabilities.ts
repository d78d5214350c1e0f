import type { CapabilityDetails, CapabilityInfo } from '../../shared/contract/index.js';
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
  | 'restore_capability'
  | 'start_capability'
  | 'stop_capability'
  | 'restart_capability'
  | 'list_capability_versions'
  | 'grant_capability'
  | 'revoke_capability'
  | 'set_capability_secret'
  | 'delete_capability_secret'
  | 'list_capability_secrets';

export function capabilityHandlers({ capabilities, runs, bots, asking }: Core): Pick<Handlers, Methods> {
  const { registry, trust, restoring, granted, ownSecrets } = capabilities;
  const shown = <C extends CapabilityInfo>(capability: C): C => ({
    ...capability,
    ...bots.statusOf(capability.name),
  });
  /** Of a list, which has no more than how it stands. */
  const infoShown = (info: CapabilityInfo): CapabilityInfo =>
    info.service === null ? info : { ...info, service: bots.statusOf(info.name)?.service ?? info.service };
  /** With what has just been trusted. */
  const trusted = async (capability: CapabilityDetails) => {
    runs.changed(capability.id);
    await bots.activeChanged(capability.name);
    return { capability: shown(capability) };
  };
  const details = (name: string) => ({ capability: shown(registry.describe(name)) });
  return {
    register_capability: async ({ path }) => ({ capability: await registry.register(path) }),
    list_capabilities: ({ cursor }) => {
      const page = registry.list(cursor);
      return { ...page, capabilities: page.capabilities.map(infoShown) };
    },
    get_capability: ({ name }) => details(name),
    set_capability_active: async ({ name, active }) => {
      await registry.setActive(name, active);
      runs.changed(registry.idOf(name));
      await bots.activeChanged(name);
      return details(name);
    },
    remove_capability: async ({ name }) => {
      const id = registry.idOf(name);
      await Promise.all([runs.endAllOf(id), bots.endAllOf(id)]);
      asking.secretRequests.endAllOf(id);
      const removed = await registry.remove(id);
      // One may have been started meanwhile.
      await bots.endAllOf(id);
      trust.forget(id);
      return { removed };
    },
    check_capability: ({ name, number }) => trust.check(name, number),
    trust_capability: async ({ name, digest }) => trusted(await trust.trust(name, digest)),
    restore_capability: async ({ name, number, digest }) =>
      trusted(await restoring.restore(name, number, digest)),
    start_capability: async ({ name }) => {
      await bots.start(name);
      return details(name);
    },
    stop_capability: async ({ name }) => {
      await bots.stop(name);
      return details(name);
    },
    restart_capability: async ({ name }) => {
      await bots.restart(name);
      return details(name);
    },
    list_capability_versions: ({ name, cursor }) => trust.versions(name, cursor),
    grant_capability: async ({ name, grant }) => ({ grants: await granted.grant(name, parseGrant(grant)) }),
    revoke_capability: ({ name, grant }) => granted.revoke(name, parseGrant(grant)),
    set_capability_secret: (params) => ownSecrets.set(params),
    delete_capability_secret: async ({ name, key }) => ({ deleted: await ownSecrets.delete(name, key) }),
    list_capability_secrets: ({ name, cursor }) => ownSecrets.list(name, cursor),
  };
}
