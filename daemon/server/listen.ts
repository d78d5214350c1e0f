import { lstatSync, type Stats, unlinkSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { errnoOf, isErrno } from '../../shared/errno.js';
import { SigilforgeError } from '../../shared/errors.js';
import { assertPrivate } from '../../shared/ownership.js';
import { assertSocketPathFits } from '../../shared/paths.js';
import { makePrivateFolder } from '../../shared/private-folder.js';

/**
 * Listens on `socket`, which is 0600 from its first moment, in a folder of the user (made 0700 if it is missing). A stale
 * socket is replaced, so the caller holds the instance lock until the server is closed, which removes the file.
 * Throws `unsafe_path` for paths that others own, may open or have put there, `already_exists` if a program listens.
 */
export async function bindSocket(socket: string): Promise<net.Server> {
  assertSocketPathFits(socket);
  makePrivateFolder(path.dirname(socket));
  await removeStale(socket);
  return await listen(socket, 0o177);
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

async function removeStale(socket: string): Promise<void> {
  const stats = lstatIfAny(socket);
  if (stats === undefined) return;
  if (!stats.isSocket() && !stats.isSymbolicLink()) {
    throw new SigilforgeError('unsafe_path', `${socket} already exists and is not a socket.`, {
      hint: MOVE_AWAY,
    });
  }
  assertPrivate(socket, stats);
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
function connectionError(socket: string): Promise<string | undefined> {
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
