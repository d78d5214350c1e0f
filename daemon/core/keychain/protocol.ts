/** One call, as a JSON line to the child. */
export interface KeychainRequest {
  readonly id: number;
  readonly op: 'probe' | 'get' | 'set' | 'delete';
  readonly user: string;
  readonly value?: string;
}

/**
 * What a failed call comes down to. `changed`: another value was read than written; `too_long`: more than the system
 * keeps in an item; `failed`: all that is not known.
 */
export type Situation = 'unavailable' | 'locked' | 'denied' | 'hung' | 'changed' | 'too_long' | 'failed';

export interface KeychainFault {
  readonly situation: Situation;
  readonly message: string;
}

/** The child's answer to one call, as a JSON line. `value` is `null` where there is no such item. */
export interface KeychainAnswer {
  readonly id: number;
  readonly value?: string | null;
  readonly deleted?: boolean;
  readonly error?: KeychainFault;
}
