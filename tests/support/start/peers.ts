import { Rights } from '../../../daemon/handlers/rights.js';
import type { Caller } from '../../../daemon/server/rpc.js';
import type { AccountEvent } from '../../../shared/contract/index.js';

/** Somebody who calls and never leaves, unless a test aborts `gone`. */
export function aPeer(
  gone: AbortSignal = new AbortController().signal,
  notify: (event: AccountEvent) => void = () => undefined,
): Caller {
  return {
    ...{ gone, notify, doorClosed: () => undefined, expectLeaving: () => false },
    ...{ keep: () => () => undefined, assertMayCall: () => undefined },
    who: { uid: null, pid: null, started: null, door: null },
    rights: new Rights(),
  };
}
