import {
  type AccountEvent,
  type Api,
  camelCase,
  contract,
  type MethodName,
  methodNames,
} from '../../shared/contract/index.js';
import { parse } from '../../shared/validate.js';
import { systemClock } from '../core/platform/clock.js';
import type { Handlers, Peer } from '../handlers/handlers.js';
import { createHandlers } from '../handlers/index.js';
import { openLocalCore } from './open.js';

export type { Api } from '../../shared/contract/index.js';
export { SigilforgeError } from '../../shared/errors.js';
export { exportVault, importVault, type TransferCounts } from './transfer.js';

export interface LocalOptions {
  /** Told of events after `subscribe`. */
  readonly onEvent?: ((event: AccountEvent) => void) | undefined;
  /** Told, in a sentence, of what a person should know: such as a vault whose key lies in a file. */
  readonly onNotice?: ((sentence: string) => void) | undefined;
}

/** The whole `Api` in this process, and an end to it. */
export type LocalApi = Api & { close(): Promise<void> };

/**
 * The library without a daemon: the same handlers, on the same store and under the same leases. Close it when done, so
 * that an exchange under way is finished and stored.
 */
export async function createLocalApi({ onEvent, onNotice }: LocalOptions = {}): Promise<LocalApi> {
  const core = await openLocalCore(onNotice);
  const handlers = createHandlers(core, {
    socket: null,
    startedAt: systemClock.wall(),
    connections: () => 0,
    setLogLevel: () => {},
    shutdown: () => {},
  });
  const gone = new AbortController();
  const peer: Peer = { notify: (event) => onEvent?.(event), gone: gone.signal };
  return Object.assign(callable(handlers, peer), {
    async close() {
      gone.abort();
      await core.close();
    },
  });
}

/** Handlers as an `Api`: parameters checked as the daemon checks them, always a promise. */
function callable(handlers: Handlers, peer: Peer): Api {
  const call = async (name: MethodName, params: unknown): Promise<unknown> => {
    const handler = handlers[name] as (checked: unknown, peer: Peer) => unknown;
    return handler(parse(contract[name].params, params ?? {}, name), peer);
  };
  const entries = methodNames.map((name) => [camelCase(name), (params?: unknown) => call(name, params)]);
  return Object.fromEntries(entries) as Api;
}
