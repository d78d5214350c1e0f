import {
  type Api,
  camelCase,
  type MethodName,
  methodNames,
  type ParamsOf,
} from '../shared/contract/index.js';
import { wholeList } from '../shared/contract/whole-list.js';
import { SigilforgeError } from '../shared/errors.js';
import { DEFAULT_TIMEOUT_MS } from '../shared/limits.js';
import { findSocket } from './address.js';
import type { ConnectOptions, SigilforgeClient } from './api.js';
import { noDaemon } from './no-daemon.js';
import { withReferences } from './references/with-references.js';
import { Session } from './session.js';
import { versionNotice } from './version-notice.js';

export type {
  AccessToken,
  AccountDetails,
  AccountEvent,
  AccountInfo,
  Api,
  Credential,
  RunEvent,
  SigilforgeEvent,
} from '../shared/contract/index.js';
export { type ErrorKind, SigilforgeError } from '../shared/errors.js';
export type { ConnectOptions, SigilforgeClient } from './api.js';

/** Connects to the daemon, or opens the library in this process if no daemon runs and falling back is allowed. */
export async function connect(options: ConnectOptions = {}): Promise<SigilforgeClient> {
  const { fallback = 'direct', timeout = DEFAULT_TIMEOUT_MS } = options;
  if (!(timeout > 0)) {
    throw new SigilforgeError('invalid_params', 'timeout is not a positive number.', {
      hint: 'Give the time limit of each call in milliseconds.',
    });
  }
  const address = await findSocket(options);
  const session = new Session(address, timeout);
  if (await session.open()) {
    const notice = versionNotice(session.socket);
    if (notice) options.onNotice?.(notice);
    return clientOf(session);
  }
  if (address.pinned || fallback === 'none') throw noDaemon(address);
  const { openDirect } = await import('./direct.js');
  return openDirect(options.onNotice);
}

function clientOf(session: Session): SigilforgeClient {
  const calls = methodNames.map((name) => [camelCase(name), caller(session, name)]);
  const close = () => session.close();
  return {
    ...withReferences({
      ...(Object.fromEntries(calls) as Api),
      restrict: (params) => session.restrict(params),
      subscribe: (params) => session.subscribe(params),
      unsubscribe: (params) => session.unsubscribe(params),
      openDoor: (params) => session.openDoor(params),
      closeDoor: (params) => session.closeDoor(params),
    }),
    via: 'daemon',
    onEvent: (listener) => session.onEvent(listener),
    close,
    [Symbol.asyncDispose]: close,
  };
}

function caller<M extends MethodName>(session: Session, name: M) {
  return wholeList(name, (params) => session.call(name, params as ParamsOf<M> | undefined));
}
