import { lstatSync, readdirSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { doorPath, doorsFolder, isOwnName } from '../../shared/door-path.js';
import { removeIfPossible } from '../../shared/whole-file.js';
import { bindSocket, connectionError } from './listen.js';
import type { Listener } from './listener.js';
import { listenOnPipe } from './pipe.js';

/** Listens at a door of the daemon that listens on `socket`. Throws as `bindSocket` does. */
export function listenAtDoor(id: string, socket: string): Promise<Listener> {
  const place = doorPath(id, { socket, temp: tmpdir() });
  return process.platform === 'win32' ? listenOnPipe(place) : bindSocket(place);
}

/** Removes the folder of a door that is closed: its own one, or that of all doors if it was the last one. */
export function leaveFolder(door: string, isLast: boolean): void {
  const folder = path.dirname(door);
  if (process.platform !== 'win32' && (isLast || isOwnName(path.basename(folder))))
    removeFolderIfEmpty(folder);
}

/**
 * Removes the doors that a killed daemon left, which listened on `socket`: only sockets of this user at which no program
 * listens. The caller holds the instance lock, and opens its own doors later. Never throws.
 */
export async function sweepDoors(socket: string): Promise<void> {
  const [folder, temp] = [doorsFolder(socket), tmpdir()];
  const ownFolders = namesIn(temp).filter(isOwnName);
  const found = [
    ...namesIn(folder).map((name) => path.join(folder, name)),
    ...ownFolders.map((name) => path.join(temp, name, 's')),
  ];
  await Promise.all(found.map(removeStale));
}

async function removeStale(door: string): Promise<void> {
  if (!isOwnSocket(door) || (await connectionError(door)) !== 'ECONNREFUSED') return;
  removeIfPossible(door);
  leaveFolder(door, true);
}

function isOwnSocket(file: string): boolean {
  try {
    const [folder, stats] = [lstatSync(path.dirname(file)), lstatSync(file)];
    const uid = process.getuid?.();
    return folder.isDirectory() && folder.uid === uid && stats.isSocket() && stats.uid === uid;
  } catch {
    return false;
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function removeFolderIfEmpty(folder: string): void {
  try {
    rmdirSync(folder);
  } catch {
    // Something else is in it.
  }
}
