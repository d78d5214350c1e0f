/**
 * The keychain of the operating system. Every item has the service `sigilforge` and is found only by its user.
 *
 * Failures are `SigilforgeError`: `keychain_unavailable` where there is none, `vault_locked` where it is locked,
 * `timeout` where it does not answer, `denied` where it refuses.
 */
export interface Keychain {
  /** Writes, reads back, compares and deletes an item of its own. Throws as the others do. */
  probe(): Promise<void>;
  /** The value of an item, or `undefined` if there is none. */
  get(user: string): Promise<string | undefined>;
  /** Writes an item that was not there before, and reads it back. Throws `integrity` if it differs. */
  set(user: string, value: string): Promise<void>;
  /** Whether there was an item to delete. */
  delete(user: string): Promise<boolean>;
  /** Ends what serves the calls. A call under way, and every later one, throws `cancelled`. */
  close(): Promise<void>;
}
