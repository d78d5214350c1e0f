import type { Environment } from '../../shared/paths.js';
import { sessionBus } from '../../shared/session-bus.js';
import { BusWriter } from '../core/asking/notice/bus-body.js';
import { callBus } from '../core/asking/notice/bus-connection.js';

/** Secret Service API Draft 0.2. */
const SERVICE = 'org.freedesktop.secrets';
const ROOT = '/org/freedesktop/secrets';
const NO_COLLECTION = '/';

/**
 * The collection in which this session's keychain keeps new items, as it says itself. `unknown`: there is no such service,
 * or it does not answer.
 */
export type DefaultCollection =
  | { readonly state: 'unlocked' | 'locked'; readonly path: string }
  | { readonly state: 'missing' | 'unknown' };

/** Asks nothing that would show the person a prompt, as reading and writing items of a locked keychain does. */
export async function defaultCollection(env: Environment): Promise<DefaultCollection> {
  const address = sessionBus(env);
  if (address === null) return { state: 'unknown' };
  try {
    const path = await readAlias(address, 'default');
    if (path === NO_COLLECTION) return { state: 'missing' };
    return { state: (await isLocked(address, path)) ? 'locked' : 'unlocked', path };
  } catch {
    return { state: 'unknown' };
  }
}

async function readAlias(address: string, alias: string): Promise<string> {
  const answer = await callBus(address, {
    destination: SERVICE,
    path: ROOT,
    interface: 'org.freedesktop.Secret.Service',
    member: 'ReadAlias',
    signature: 's',
    body: new BusWriter().string(alias).bytes,
  });
  return answer.string();
}

async function isLocked(address: string, path: string): Promise<boolean> {
  const answer = await callBus(address, {
    destination: SERVICE,
    path,
    interface: 'org.freedesktop.DBus.Properties',
    member: 'Get',
    signature: 'ss',
    body: new BusWriter().string('org.freedesktop.Secret.Collection').string('Locked').bytes,
  });
  // A variant says its type before its value; one that is not a boolean says nothing of a lock.
  if (answer.signature() !== 'b') throw new RangeError('It is not a boolean.');
  return answer.uint32() !== 0;
}
