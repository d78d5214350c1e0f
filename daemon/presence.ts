import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { type Presence, readPresence } from '../shared/presence.js';
import { startOf } from '../shared/process-stat.js';
import { sessionBus } from '../shared/session-bus.js';
import { VERSION } from '../shared/version.js';
import { removePrivateFile, writePrivateFile } from './core/platform/files.js';

/** Whether it is written down that this daemon listens there. It may have been removed, or replaced by one of a backup. */
export function isPresent(file: string, socket: string): boolean {
  try {
    return isDeepStrictEqual(readPresence(file), presenceOf(socket));
  } catch {
    return false;
  }
}

/** Writes down where this daemon listens. The caller holds the instance lock. Throws `store_unavailable`. */
export function writePresence(file: string, socket: string): void {
  writePrivateFile(file, Buffer.from(`${JSON.stringify(presenceOf(socket))}\n`));
}

/** Removes it, before the instance lock is released. A file that stays does no harm: no program listens there. */
export function removePresence(file: string): void {
  try {
    if (readPresence(file)?.pid === process.pid) removePrivateFile(file);
  } catch {
    // As above.
  }
}

function presenceOf(socket: string): Presence {
  const { pid } = process;
  return { socket: path.resolve(socket), pid, started: startOf(pid), version: VERSION, bus: sessionBus() };
}
