import type { CheckedParamsOf, MethodName, ResultOf, SigilforgeEvent } from '../../shared/contract/index.js';
import type { Who } from '../core/audit/who.js';
import type { Rights } from './rights.js';

/** Who asks: one connection of the daemon, or the program that holds the library in-process. */
export interface Peer {
  /** Sends a notification of method `event`. Never throws; a peer that is gone gets nothing. */
  notify(event: SigilforgeEvent): void;
  /**
   * Sends a notification of method `door_closed` in the same way: a door that this one had opened was closed by another, or
   * its time is over.
   */
  doorClosed(door: string): void;
  /**
   * From now on it is sent a notification of method `leaving` when the process is about to end, at once if that is so
   * already, which is what this returns.
   */
  expectLeaving(): boolean;
  /** Aborted once the peer is gone. */
  readonly gone: AbortSignal;
  /**
   * Until the returned function is called, the peer's connection is not closed to make room for another one, even if it is
   * idle. Throws `limit_exceeded` if too many are kept.
   */
  keep(): () => void;
  readonly who: Who;
  /** What it may ask for. */
  readonly rights: Rights;
}

/** One function for each method of the contract. Leaving one out is a compile error. */
export type Handlers = {
  readonly [M in MethodName]: (params: CheckedParamsOf<M>, peer: Peer) => ResultOf<M> | Promise<ResultOf<M>>;
};
