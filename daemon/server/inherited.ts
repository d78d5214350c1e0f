import { once } from 'node:events';
import { fstatSync, lstatSync, readFileSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { SigilforgeError } from '../../shared/errors.js';
import { assertPrivate } from '../../shared/ownership.js';
import { makePrivateFolder } from '../../shared/private-folder.js';
import { closed, type Listener, nameWatch } from './listener.js';

/** The first descriptor that a service manager hands over (sd_listen_fds(3)). Node keeps it from other programs. */
const FIRST = 3;

/** The kernel's list of Unix sockets, and its words for one that listens and takes connections (net/unix in Linux). */
const SOCKETS = '/proc/net/unix';
const LISTENS = '00010000';
const STREAM = '0001';

/**
 * Listens on the one socket of `count` that a service manager has handed over. It stays the manager's: nothing here
 * removes its path. `undefined` if the path leads to no socket any more, so that no client comes by it. Throws `config` if
 * it is another kind of descriptor or not the only one, and `unsafe_path` if others may reach it.
 */
export async function inheritSocket(count: number): Promise<Listener | undefined> {
  if (count !== 1) {
    throw mistaken(
      `The service manager has handed over ${count} sockets.`,
      'Keep one ListenStream= in the socket unit.',
    );
  }
  const address = pathOf(FIRST);
  const stats = lstatSync(address, { throwIfNoEntry: false });
  if (!stats?.isSocket()) return undefined;
  makePrivateFolder(path.dirname(address));
  assertPrivateSocket(address);
  const server = net.createServer({ allowHalfOpen: true });
  server.listen({ fd: FIRST });
  const leadsHere = nameWatch(address);
  // Once this end of it is closed, the path still leads to the manager's.
  const isInPlace = (): boolean => server.listening && leadsHere();
  await once(server, 'listening');
  return { server, address, isInPlace, close: () => closed(server) };
}

function pathOf(fd: number): string {
  const [flags, type, address] = wordsOf(fd);
  if (flags === LISTENS && type === STREAM && address?.startsWith('/')) return address;
  throw mistaken(
    `Descriptor ${fd} is not a Unix socket that listens at a path.`,
    'Write ListenStream= with a path and Accept=no in the socket unit.',
  );
}

/** Flags, type and path. */
function wordsOf(fd: number): readonly string[] {
  const stats = fstatSync(fd);
  if (!stats.isSocket()) return [];
  const line = new RegExp(`^\\S+ \\S+ \\S+ (\\S+) (\\S+) \\S+ +${stats.ino} (.+)$`, 'm');
  return line.exec(readFileSync(SOCKETS, 'utf8'))?.slice(1) ?? [];
}

/** The manager makes it again with every start of its own, so a change of its mode does not last. */
function assertPrivateSocket(address: string): void {
  try {
    assertPrivate(address, lstatSync(address));
  } catch (cause) {
    if (!(cause instanceof SigilforgeError)) throw cause;
    const hint = `${cause.hint} In its socket unit, write SocketMode=0600.`;
    throw new SigilforgeError(cause.kind, cause.message, { hint, cause });
  }
}

function mistaken(sentence: string, hint: string): SigilforgeError {
  return new SigilforgeError('config', sentence, { hint });
}
