import { asSigilforgeError } from '../../../shared/errors.js';
import type { Clock } from '../platform/clock.js';
import type { Keychain } from './keychain.js';

/** How the keychain last answered. `available` is `null` until it was first asked something. */
interface KeychainHealth {
  readonly available: boolean | null;
  readonly error: string | null;
  readonly probedAt: number | null;
}

/** A keychain that remembers how its last call ended, so that a status can be told without asking it. */
export interface ObservedKeychain extends Keychain {
  health(): KeychainHealth;
}

export function observeKeychain(keychain: Keychain, clock: Clock): ObservedKeychain {
  let health: KeychainHealth = { available: null, error: null, probedAt: null };
  const observed = async <T>(call: Promise<T>): Promise<T> => {
    try {
      const answer = await call;
      health = { available: true, error: null, probedAt: clock.wall() };
      return answer;
    } catch (thrown) {
      health = { available: false, error: asSigilforgeError(thrown).kind, probedAt: clock.wall() };
      throw thrown;
    }
  };
  return {
    probe: () => observed(keychain.probe()),
    get: (user) => observed(keychain.get(user)),
    set: (user, value) => observed(keychain.set(user, value)),
    delete: (user) => observed(keychain.delete(user)),
    close: () => keychain.close(),
    health: () => health,
  };
}
