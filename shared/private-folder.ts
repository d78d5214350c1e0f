import { lstatSync, mkdirSync } from 'node:fs';
import { assertPrivate, assertSafeAncestors } from './ownership.js';

/**
 * Makes `folder` 0700, and its parents too, unless it exists. Throws `unsafe_path` if others own it, may open it or could
 * put another one in its place, else the system call's error.
 */
export function makePrivateFolder(folder: string): void {
  // First: nothing is made where others decide what stays there.
  assertSafeAncestors(folder);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  assertPrivate(folder, lstatSync(folder));
  // Again: in a sticky folder, another user could have made the missing ones in between.
  assertSafeAncestors(folder);
}
