import { randomBytes } from 'node:crypto';
import { listen } from './listen.js';
import { closed, type Listener } from './listener.js';

/**
 * Listens on a Windows pipe whose name has 128 random bits, so that no other program can take it first. Clients learn it
 * from the file of `shared/presence.ts`, in the user's own profile.
 *
 * The project's tests do not run on Windows: this follows only its documentation.
 */
export async function listenOnPipe(
  address = `\\\\.\\pipe\\sigilforge-${randomBytes(16).toString('hex')}`,
): Promise<Listener> {
  const server = await listen(address, 0o077);
  return { server, address, isInPlace: () => true, close: () => closed(server) };
}
