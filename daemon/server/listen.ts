import { randomBytes } from 'node:crypto';
import { lstatSync, renameSync, type Stats, unlinkSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { errnoOf, isErrno } from '../../shared/errno.js';
import { SigilforgeError } from '../../shared/errors.js';
import { assertPrivate } from '../../shared/ownership.js';
import { assertSocketPathFits, socketPathFits } from '../../shared/paths.js';
import { makePrivateFolder } from '../../shared/private-folder.js';
import { removeIfPossible } from '../../shared/whole-file.js';
import { closed, type Listener, nameWatch } from './listener.js';

/**
 * Listens on `socket`, which is 0600 from its first moment, in a folder of the user (made 0700 if it is missing). A stale
 * socket is replaced, so the caller holds the instance lock until the listener is closed, which removes its own file.
 * With `replaces`, the socket of the daemon that makes way is replaced too: clients that come from now on come here. Throws
 * `unsafe_path` for paths that others own, may open or have put there, `already_exists` if a program listens.
 */
export async function bindSocket(
  socket: string,
  { replaces = false }: { readonly replaces?: boolean } = {},
): Promise<Listener> {
  assertSocketPathFits(socket);
  makePrivateFolder(path.dirname(socket));
  if (replaces) assertUsable(socket);
  else await removeStale(socket);
  // A server that is closed removes the name that it was bound to, whatever has that name by then: so it gets one that
  // is gone at once, and only `close` removes the socket's own.
  const draft = draftOf(socket);
  const server = await listen(draft, 0o177);
  try {
    renameSync(draft, socket);
    return listenerAt(socket, server);
  } catch (cause) {
    server.close();
    throw unusable(socket, cause);
  }
}

/** Another name in the same folder, that the platform can hold if it holds the socket's own. */
function draftOf(socket: string): string {
  const { dir, base } = path.parse(socket);
  const random = randomBytes(4).toString('hex');
  const draft = path.join(dir, `.${base}.${random}`);
  return socketPathFits(draft) ? draft : path.join(dir, random.slice(0, base.length));
}

function listenerAt(address: string, server: net.Server): Listener {
  const leadsHere = nameWatch(address);
  // Once it is closed, another file may have the number of its own.
  const isInPlace = (): boolean => server.listening && leadsHere();
  return {
    ...{ server, address, isInPlace },
    close() {
      if (isInPlace()) removeIfPossible(address);
      return closed(server);
    },
  };
}

/** Listens at `address` (a path, or the name of a pipe) with `umask` while it is bound: a chmod would come too late. */
export async function listen(address: string, umask: number): Promise<net.Server> {
  const server = net.createServer({ allowHalfOpen: true });
  const listening = new Promise<void>((resolve, reject) => {
    server.once('listening', resolve);
    server.once('error', reject);
  });
  const usual = process.umask(umask);
  try {
    server.listen(address);
  } finally {
    process.umask(usual);
  }
  try {
    await listening;
  } catch (cause) {
    throw isErrno(cause, 'EADDRINUSE') ? occupied(address, cause) : unusable(address, cause);
  }
  server.removeAllListeners('error');
  return server;
}

const MOVE_AWAY = 'Move it away, or name another path in SIGILFORGE_SOCKET.';

/** Says whether there is a socket. Throws `unsafe_path` if there is anything else, or if it is not the user's own. */
function assertUsable(socket: string): boolean {
  const stats = lstatIfAny(socket);
  if (stats === undefined) return false;
  if (!stats.isSocket() && !stats.isSymbolicLink()) {
    throw new SigilforgeError('unsafe_path', `${socket} already exists and is not a socket.`, {
      hint: MOVE_AWAY,
    });
  }
  assertPrivate(socket, stats);
  return true;
}

async function removeStale(socket: string): Promise<void> {
  if (!assertUsable(socket)) return;
  const refusal = await connectionError(socket);
  if (refusal === 'ENOENT') return;
  // Only a refusal proves that no program listens: EAGAIN, for example, comes from a server with too many callers.
  if (refusal !== 'ECONNREFUSED') throw occupied(socket);
  try {
    unlinkSync(socket);
  } catch (cause) {
    throw unusable(socket, cause);
  }
}

function lstatIfAny(file: string): Stats | undefined {
  try {
    return lstatSync(file, { throwIfNoEntry: false });
  } catch (cause) {
    throw unusable(file, cause);
  }
}

/** The code of the error that connecting ends in, or `undefined` if a program answers. */
export function connectionError(socket: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const probe = net.connect(socket);
    probe.once('connect', () => {
      probe.destroy();
      resolve(undefined);
    });
    probe.once('error', (error) => resolve(errnoOf(error)));
  });
}

function occupied(address: string, cause?: unknown): SigilforgeError {
  return new SigilforgeError('already_exists', `A daemon already listens on ${address}.`, {
    hint: 'Use that daemon, or stop it with: sigilforge daemon stop',
    cause,
  });
}

function unusable(file: string, cause: unknown): SigilforgeError {
  const code = errnoOf(cause) ?? 'unknown error';
  return new SigilforgeError('unsafe_path', `${file} cannot be used (${code}).`, {
    hint: 'Check its permissions, or name another path in SIGILFORGE_SOCKET.',
    cause,
  });
}
