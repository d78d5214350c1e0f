import { closeSync, constants, lstatSync, openSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { assertPrivateFile } from './ownership.js';
import { withPathErrors } from './path-error.js';
import { makePrivateFolder } from './private-folder.js';

/** A log that is longer than this many bytes is renamed to `.1`, in place of the one that was renamed before. */
const ROTATE_BYTES = 5 * 1024 * 1024;

const APPEND = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT;

/**
 * A descriptor to append to a log: 0600, in a folder of 0700. Throws `unsafe_path` if others own or may open either of
 * them, and `store_unavailable` if it cannot be written.
 */
export function openLogFile(file: string): number {
  makePrivateFolder(path.dirname(file));
  return withPathErrors(file, () => {
    const stats = lstatSync(file, { throwIfNoEntry: false });
    if (stats) assertPrivateFile(file, stats);
    if (stats && stats.size > ROTATE_BYTES) rotate(file);
    return openSync(file, APPEND, 0o600);
  });
}

/** Where the older part of a log is. */
export function rotatedLog(file: string): string {
  return `${file}.1`;
}

/** A log that cannot be renamed goes on growing. */
function rotate(file: string): void {
  try {
    renameSync(file, rotatedLog(file));
  } catch {
    // As above.
  }
}

/** Appends a line to a log that other processes append to as well. Throws as `openLogFile` does. */
export function appendToLog(file: string, line: string): void {
  const fd = openLogFile(file);
  try {
    writeFileSync(fd, line);
  } finally {
    closeSync(fd);
  }
}
