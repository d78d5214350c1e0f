import { constants, lstatSync, mkdirSync, openSync, renameSync, type Stats } from 'node:fs';
import path from 'node:path';
import { assertPrivate } from '../../shared/ownership.js';

/** Beyond this many bytes the log is put aside, and the one that was put aside before is forgotten. */
const ROTATE_BYTES = 5 * 1024 * 1024;

const APPEND = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT;

/** A descriptor to append to the daemon's log: 0600 in a folder 0700, whatever was there before included. */
export function openDaemonLog(file: string): number {
  const folder = path.dirname(file);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  assertPrivate(folder, lstatSync(folder));
  const stats = statsOf(file);
  if (stats) assertPrivate(file, stats);
  if (stats && stats.size > ROTATE_BYTES) renameSync(file, `${file}.1`);
  return openSync(file, APPEND, 0o600);
}

function statsOf(file: string): Stats | undefined {
  return lstatSync(file, { throwIfNoEntry: false });
}
