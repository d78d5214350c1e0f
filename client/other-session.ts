import { SigilforgeError } from '../shared/errors.js';
import { KEYCHAIN_HINTS } from '../shared/keychain-hints.js';
import { sessionBus } from '../shared/session-bus.js';
import { busAt } from './bus.js';
import { presenceAt } from './presence-at.js';

const RESTART_HERE =
  "The daemon was started outside this session and does not use this session's keychain. Restart it here: sigilforge daemon restart";

/**
 * What helps if the daemon on `socket` reaches no keychain: a sentence if this process is in a session with a bus that is
 * not the daemon's, as after another login. `undefined` if it is the same, or if that cannot be told.
 */
export async function otherSession(socket: string): Promise<string | undefined> {
  const [here, there] = [sessionBus(), presenceAt(socket)?.bus];
  if (here === null || there === undefined || here === there) return undefined;
  const bus = await busAt(here);
  if (bus === undefined || (there !== null && bus === (await busAt(there)))) return undefined;
  return RESTART_HERE;
}

/** A text of the daemon on `socket`, without advice on a keychain that is not the daemon's. */
export async function adviceHere(text: string, socket: string): Promise<string> {
  const hint = KEYCHAIN_HINTS.find((one) => text.includes(one));
  const here = hint && (await otherSession(socket));
  return here ? text.replace(hint, here) : text;
}

/** What a call to the daemon on `socket` has thrown, with a hint that helps in this session. */
export async function errorHere(thrown: unknown, socket: string | null): Promise<unknown> {
  if (!(thrown instanceof SigilforgeError) || socket === null) return thrown;
  const hint = await adviceHere(thrown.hint, socket);
  return hint === thrown.hint
    ? thrown
    : new SigilforgeError(thrown.kind, thrown.message, { hint, cause: thrown });
}
