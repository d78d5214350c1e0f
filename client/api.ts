import type { Api, SigilforgeEvent } from '../shared/contract/index.js';
import type { References } from './references/with-references.js';

/** How `connect` finds what answers. */
export interface ConnectOptions {
  /**
   * What answers if no daemon runs: the library in this process (`direct`, the default), or nothing (`none`). A client
   * never falls back after a timeout or an error, or if a socket was given here or the environment names a way in
   * (`SIGILFORGE_SOCKET`, `SIGILFORGE_FD`).
   */
  readonly fallback?: 'direct' | 'none';
  /**
   * The daemon's socket. By default the first of `SIGILFORGE_SOCKET`, `SIGILFORGE_FD` (an inherited descriptor, also where
   * the system forbids Unix sockets), `socket` in `config.toml`, and the usual place.
   */
  readonly socket?: string;
  /** The limit for one call in milliseconds, by default 120,000. `waitFlow` and `waitRun` may
   * take their own `timeout_s` in addition, and `runCapability` with `wait` as long as the run takes. */
  readonly timeout?: number;
  /** Called with a sentence that the user should read: about their vault, or about a daemon of another version. */
  readonly onNotice?: (sentence: string) => void;
}

/** All calls, the same over a daemon and in this process. Only a pending call or a listener keeps the process alive. */
export interface SigilforgeClient extends Api, References, AsyncDisposable {
  /** What answers: a daemon, or the library in this process. */
  readonly via: 'daemon' | 'direct';
  /** Calls `listener` for each event that this client has subscribed to (`subscribe`). Returns a function that removes it. */
  onEvent(listener: (event: SigilforgeEvent) => void): () => void;
  /** Ends the client. Pending calls fail with `cancelled`. */
  close(): Promise<void>;
}
