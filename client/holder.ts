import { findHolder } from '../shared/holder.js';
import { resolvePaths } from '../shared/paths.js';
import type { Presence } from '../shared/presence.js';

/**
 * The daemon of this environment that runs, whether or not a socket leads to it. `undefined` also if the environment has no
 * place for one: a user without a home may name a socket all the same.
 */
export function findHolderHere(): Presence | undefined {
  try {
    return findHolder(resolvePaths());
  } catch {
    return undefined;
  }
}
