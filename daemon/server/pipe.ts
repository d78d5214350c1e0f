import { randomBytes } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import type { Server } from 'node:net';
import path from 'node:path';
import { makePrivateFolder } from '../../shared/private-folder.js';
import { listen } from './listen.js';

/**
 * Listens on a Windows pipe whose name has 128 random bits, so that no other program can take it first. Writes the name
 * to `pipeFile`, in the user's own profile. The caller holds the instance lock until the server is closed.
 *
 * The project's tests do not run on Windows: this follows only its documentation.
 */
export async function listenOnPipe(pipeFile: string): Promise<Server> {
  const name = `\\\\.\\pipe\\sigilforge-${randomBytes(16).toString('hex')}`;
  const server = await listen(name, 0o077);
  makePrivateFolder(path.dirname(pipeFile));
  rmSync(pipeFile, { force: true });
  writeFileSync(pipeFile, name, { mode: 0o600, flag: 'wx' });
  server.once('close', () => rmSync(pipeFile, { force: true }));
  return server;
}
