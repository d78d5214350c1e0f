import type { CapabilityDetails, CapabilityInfo } from '../../../shared/contract/index.js';
import { covers } from '../../../shared/grant.js';
import type { CapabilityStore } from '../store/capabilities.js';
import type { Capability } from './capability.js';

/** What a list says about a capability. */
export function infoOf({ manifest, stored, ...capability }: Capability): CapabilityInfo {
  return {
    id: capability.id,
    name: capability.name,
    version: stored.version,
    number: stored.number,
    description: manifest.description,
    runner: manifest.run.runner,
    path: capability.path,
    active: capability.active,
    // Those that run are known to the bots.
    service: manifest.service ? SHOWN[capability.service] : null,
    created_at: capability.createdAt,
    trusted_at: stored.trustedAt,
  };
}

const SHOWN = { created: 'created', started: 'stopped', stopped: 'stopped' } as const;

/** The same with what it asks for, and what of it was granted or set. */
export function detailsOf(capability: Capability, store: CapabilityStore): CapabilityDetails {
  const { manifest, id, stored } = capability;
  const { timeout_s, concurrent, run } = manifest;
  const secrets = store.secretKeys(id);
  return {
    ...infoOf(capability),
    ...{ timeout_s, concurrent, bot: null },
    keep_alive: run.runner === 'command' && run.keep_alive,
    command: run.runner === 'command' ? run.command : [run.entry],
    grants: grantsOf(manifest.grants, store.grants(id)),
    env: manifest.env,
    required_secrets: manifest.required_secrets.map((secret) => ({
      name: secret.name,
      description: secret.description,
      obtain: secret.obtain ?? null,
      obtain_instructions: secret.obtain_instructions ?? null,
      is_set: secrets.has(secret.name),
    })),
    file_count: store.fileCount(stored.id),
  };
}

type Granted = ReturnType<CapabilityStore['grants']>;

/** Each wish with when it was granted, by a grant that may be wider; then what was granted besides. */
function grantsOf(wishes: readonly string[], granted: Granted): CapabilityDetails['grants'] {
  const asked = wishes.map((grant) => ({
    grant,
    asked_for: true,
    granted_at: granted.find((own) => covers(own.grant, grant))?.grantedAt ?? null,
  }));
  const others = granted.filter(({ grant }) => !wishes.includes(grant));
  return [
    ...asked,
    ...others.map(({ grant, grantedAt }) => ({ grant, asked_for: false, granted_at: grantedAt })),
  ];
}
