import { lstatSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { errnoOf } from './errno.js';
import { isRecord, parseJson } from './json.js';
import { assertPrivate, assertPrivateFile, assertSafeAncestors } from './ownership.js';

/**
 * What the daemon of a data folder, the holder of its instance lock, writes there about itself: for clients that do not
 * find its socket at their usual place. It may be left over from a daemon that was killed.
 */
export interface Presence {
  /** The path of its socket, or the name of its pipe. */
  readonly socket: string;
  readonly pid: number;
  /** When its process began (`startOf`). */
  readonly started: string | null;
  readonly version: string;
  /** The D-Bus address that it finds the keychain by (`sessionBus`); left out by older versions. */
  readonly bus?: string | null;
}

/** Versions are shown, so that nothing else may stand there. */
const VERSION_FORM = /^[\w.+-]{1,64}$/;

/** Many times what the daemon writes: paths of sockets are short. */
const SIZE_LIMIT = 4096;

/**
 * What stands in the file, or `undefined` if there is none, or none that makes sense. Throws `unsafe_path` if another user
 * could have written it. Checked by hand: the shortest commands read it, and schemas take longer to load than they run.
 */
export function readPresence(file: string): Presence | undefined {
  const value = parseJson(readText(file) ?? '');
  if (!isRecord(value)) return undefined;
  const { socket, pid, started, version, bus } = value;
  if (typeof socket !== 'string' || !isAddress(socket)) return undefined;
  if (typeof pid !== 'number' || !Number.isSafeInteger(pid) || pid < 1) return undefined;
  if (started !== null && typeof started !== 'string') return undefined;
  if (typeof version !== 'string' || !VERSION_FORM.test(version)) return undefined;
  return { socket, pid, started, version, ...(bus === null || typeof bus === 'string' ? { bus } : {}) };
}

function readText(file: string): string | undefined {
  try {
    assertSafeAncestors(file);
    assertPrivate(path.dirname(file), lstatSync(path.dirname(file)));
    const stats = lstatSync(file);
    assertPrivateFile(file, stats);
    return stats.size > SIZE_LIMIT ? undefined : readFileSync(file, 'utf8');
  } catch (thrown) {
    // Not there, or out of reach for a confined program: as good as no daemon.
    if (errnoOf(thrown) !== undefined) return undefined;
    throw thrown;
  }
}

function isAddress(socket: string): boolean {
  if (socket.includes('\0')) return false;
  return process.platform === 'win32' ? socket.startsWith('\\\\.\\pipe\\') : path.isAbsolute(socket);
}
