import { randomBytes } from 'node:crypto';
import type { Server } from 'node:net';
import { listen } from './listen.js';

/**
 * Listens on a Windows pipe whose name has 128 random bits, so that no other program can take it first. Clients learn it
 * from the file of `shared/presence.ts`, in the user's own profile.
 *
 * The project's tests do not run on Windows: this follows only its documentation.
 */
export async function listenOnPipe(): Promise<Server> {
  return await listen(`\\\\.\\pipe\\sigilforge-${randomBytes(16).toString('hex')}`, 0o077);
}
