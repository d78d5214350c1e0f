import { type ErrorKind, SigilforgeError } from '../../../shared/errors.js';
import type { Keychain } from './keychain.js';

/** A keychain in memory, for tests. */
export interface MemoryKeychain extends Keychain {
  readonly items: ReadonlyMap<string, string>;
  /** Makes every call throw `kind` from now on, or work again. */
  fail(kind: ErrorKind | undefined): void;
}

/** A keychain that forgets everything with its process. */
export function createMemoryKeychain(): MemoryKeychain {
  const items = new Map<string, string>();
  let failing: ErrorKind | undefined;

  async function call<T>(work: () => T): Promise<T> {
    if (failing !== undefined) throw new SigilforgeError(failing, 'The keychain in memory was told to fail.');
    return work();
  }

  return {
    items,
    fail(kind) {
      failing = kind;
    },
    probe: () => call(() => {}),
    get: (user) => call(() => items.get(user)),
    set: (user, value) => call(() => void items.set(user, value)),
    delete: (user) => call(() => items.delete(user)),
    close: async () => {},
  };
}
