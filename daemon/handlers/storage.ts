import { SigilforgeError } from '../../shared/errors.js';
import type { Core } from '../core/core.js';
import type { Handlers, Peer } from './handlers.js';

type Methods = 'storage_get' | 'storage_set' | 'storage_delete' | 'storage_list';

export function storageHandlers({ capabilities: { storage } }: Core): Pick<Handlers, Methods> {
  return {
    storage_get: (params, peer) => storage.get(named(params, peer)),
    storage_set: (params, peer) => storage.set(named(params, peer)),
    storage_delete: async (params, peer) => ({ deleted: await storage.delete(named(params, peer)) }),
    storage_list: (params, peer) => storage.list(named(params, peer)),
  };
}

/** With the capability whose storage is meant: of a run, always its own. */
function named<P extends { capability?: string | undefined }>(
  params: P,
  { rights }: Peer,
): P & { capability: string } {
  const capability = params.capability ?? rights.run?.capability;
  if (capability !== undefined) return { ...params, capability };
  throw new SigilforgeError('invalid_params', 'capability is missing: only a run may leave it out.');
}
