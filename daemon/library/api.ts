import { setMaxListeners } from 'node:events';
import { checkParams } from '../../shared/contract/check-params.js';
import {
  type Api,
  camelCase,
  type MethodName,
  methodNames,
  type SigilforgeEvent,
} from '../../shared/contract/index.js';
import { wholeList } from '../../shared/contract/whole-list.js';
import { thisProcess } from '../core/audit/who.js';
import { systemClock } from '../core/platform/clock.js';
import { reported } from '../core/platform/faults.js';
import type { JsonLog } from '../core/platform/json-log.js';
import { type Admission, admissionTo } from '../handlers/admission.js';
import { noDoors } from '../handlers/doors.js';
import type { Handlers, Peer } from '../handlers/handlers.js';
import { createHandlers } from '../handlers/index.js';
import { Rights } from '../handlers/rights.js';
import { openLocalCore } from './open.js';

export type { Api } from '../../shared/contract/index.js';
export { SigilforgeError } from '../../shared/errors.js';
export { type Examined, type ExamineOptions, examine } from '../doctor/examine.js';
export { type BackupContents, backupVault, restoreVault } from './backups.js';
export { exportVault, importVault, type TransferCounts } from './transfer.js';

/** What the program that holds the library hears from it. */
export interface LocalOptions {
  /** Called for each event after `subscribe`. */
  readonly onEvent?: ((event: SigilforgeEvent) => void) | undefined;
  /** Called with a sentence that the user should read, for example that the vault's key is kept in a file. */
  readonly onNotice?: ((sentence: string) => void) | undefined;
}

/** The whole `Api` in this process, and a way to end it. */
export type LocalApi = Api & { close(): Promise<void> };

/**
 * The library without a daemon: the same handlers, on the same store and under the same leases. Close it when done, so
 * that a pending exchange is finished and stored.
 */
export async function createLocalApi({ onEvent, onNotice }: LocalOptions = {}): Promise<LocalApi> {
  const { core, log, close } = await openLocalCore(onNotice);
  const handlers = createHandlers(core, {
    socket: () => null,
    startedAt: systemClock.wall(),
    startedBy: null,
    connections: () => 0,
    setLogLevel: (level) => {
      log.level = level;
    },
    shutdown: () => {},
    doors: noDoors,
  });
  const gone = new AbortController();
  // One signal serves any number of sign-ins, which is not a leak.
  setMaxListeners(0, gone.signal);
  const peer: Peer = {
    notify: (event) => onEvent?.(event),
    doorClosed: () => {},
    expectLeaving: () => false,
    gone: gone.signal,
    keep: () => () => {},
    who: thisProcess(),
    rights: new Rights(),
  };
  return Object.assign(callable(handlers, { peer, admission: admissionTo(core), log }), {
    async close() {
      gone.abort();
      await close();
    },
  });
}

/** Handlers as an `Api`: it checks rights and parameters and logs bugs as the daemon does, and always returns a promise. */
function callable(
  handlers: Handlers,
  { peer, admission, log }: { readonly peer: Peer; readonly admission: Admission; readonly log: JsonLog },
): Api {
  const call = async (name: MethodName, params: unknown): Promise<unknown> => {
    const handler = handlers[name] as (checked: unknown, peer: Peer) => unknown;
    try {
      if (!admission.admits(name, params, peer.rights)) throw admission.refuse(name, params, peer);
      return await handler(checkParams(name, params), peer);
    } catch (thrown) {
      throw reported(thrown, 'call.failed', log);
    }
  };
  const entries = methodNames.map((name) => [
    camelCase(name),
    wholeList(name, (params) => call(name, params)),
  ]);
  return Object.fromEntries(entries) as Api;
}
