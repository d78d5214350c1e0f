import path from 'node:path';
import { type Presence, readPresence } from '../shared/presence.js';
import { startOf } from '../shared/process-stat.js';
import { sessionBus } from '../shared/session-bus.js';
import { VERSION } from '../shared/version.js';
import { removePrivateFile, writePrivateFile } from './core/platform/files.js';

/** Writes down where this daemon listens. The caller holds the instance lock. Throws `store_unavailable`. */
export function writePresence(file: string, socket: string): void {
  const { pid } = process;
  const presence: Presence = {
    socket: path.resolve(socket),
    pid,
    started: startOf(pid),
    version: VERSION,
    bus: sessionBus(),
  };
  writePrivateFile(file, Buffer.from(`${JSON.stringify(presence)}\n`));
}

/** Removes it, before the instance lock is released. A file that stays does no harm: no program listens there. */
export function removePresence(file: string): void {
  try {
    if (readPresence(file)?.pid === process.pid) removePrivateFile(file);
  } catch {
    // As above.
  }
}
