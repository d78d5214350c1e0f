import {
  type AccountEvent,
  type Api,
  camelCase,
  type MethodName,
  methodNames,
  type ParamsOf,
} from '../shared/contract/index.js';
import { SigilforgeError } from '../shared/errors.js';
import { findSocket } from './address.js';
import { type References, withReferences } from './references/with-references.js';
import { noDaemon, Session } from './session.js';

export type { AccessToken, AccountEvent, AccountInfo, Api, Credential } from '../shared/contract/index.js';
export { type ErrorKind, SigilforgeError } from '../shared/errors.js';

export interface ConnectOptions {
  /**
   * What answers where no daemon runs: the library in this process (`direct`, the default), or nothing (`none`).
   * Nothing ever falls back after a timeout or an error, or where a socket was given here or in `SIGILFORGE_SOCKET`.
   */
  readonly fallback?: 'direct' | 'none';
  /** The daemon's socket; without it `SIGILFORGE_SOCKET`, `config.toml` and the usual place are looked at. */
  readonly socket?: string;
  /** Milliseconds for one call, 120,000 without it; `waitFlow` may take its own `timeout_s` on top. */
  readonly timeout?: number;
  /** Told, in a sentence, what a person should know of their vault; only the library in this process has such news. */
  readonly onNotice?: (sentence: string) => void;
}

/** Everything that can be asked, whoever answers. It does not keep the process alive unless a call or a listener waits. */
export interface SigilforgeClient extends Api, References, AsyncDisposable {
  /** Who answers: a daemon, or the library in this process. */
  readonly via: 'daemon' | 'direct';
  /** Hears the events of this client's subscriptions (`subscribe`). Returns what ends the listening. */
  onEvent(listener: (event: AccountEvent) => void): () => void;
  /** Ends the client. Calls under way fail with `cancelled`. */
  close(): Promise<void>;
}

const DEFAULT_TIMEOUT = 120_000;

/** A client of the daemon, or of the library where no daemon runs and falling back is allowed. */
export async function connect(options: ConnectOptions = {}): Promise<SigilforgeClient> {
  const { fallback = 'direct', timeout = DEFAULT_TIMEOUT } = options;
  if (!(timeout > 0)) throw new SigilforgeError('invalid_params', 'timeout is not a positive number.');
  const { socket, pinned } = await findSocket(options);
  if (socket !== null) {
    const session = new Session(socket, timeout);
    if (await session.open()) return clientOf(session);
  }
  if (pinned || fallback === 'none') throw noDaemon(socket);
  const { openDirect } = await import('./direct.js');
  return openDirect(options.onNotice);
}

function clientOf(session: Session): SigilforgeClient {
  const calls = methodNames.map((name) => [camelCase(name), caller(session, name)]);
  const close = () => session.close();
  return {
    ...withReferences(Object.fromEntries(calls) as Api),
    via: 'daemon',
    onEvent: (listener) => session.onEvent(listener),
    close,
    [Symbol.asyncDispose]: close,
  };
}

function caller<M extends MethodName>(session: Session, name: M) {
  return (params?: ParamsOf<M>) => session.call(name, params);
}
