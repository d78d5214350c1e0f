import { existsSync, readdirSync, readFileSync, rmdirSync } from 'node:fs';
import path from 'node:path';
import { errnoOf, isErrno } from '../../shared/errno.js';
import { SigilforgeError } from '../../shared/errors.js';
import { withPathErrors } from '../../shared/path-error.js';
import { makeMissingFolders } from '../../shared/private-folder.js';
import { authorshipOf } from '../../shared/service/marked.js';
import type { ServiceFile } from '../../shared/service/plan.js';
import { writeWholeFile } from '../../shared/whole-file.js';

/** The files among these that are not there yet, or say something else. */
export function outdated(files: readonly ServiceFile[]): ServiceFile[] {
  return files.filter(({ path, text }) => textOf(path) !== text);
}

/** Throws `already_exists` if a file is not as `daemon install` has written it: what a person wrote is not replaced. */
export function assertReplaceable(files: readonly ServiceFile[]): void {
  for (const { path: file } of files) {
    const text = textOf(file);
    const authorship = text === undefined ? 'ours' : authorshipOf(text);
    if (authorship === 'ours') continue;
    const how =
      authorship === 'changed' ? 'was changed since it was written' : 'was not written by Sigilforge';
    throw new SigilforgeError('already_exists', `${file} ${how}, and is not replaced.`, {
      hint: `Move it away, and run the command again: mv '${file}' '${file}.old'. Changes of your own are best put into a file that systemd reads besides: systemctl --user edit sigilforge`,
    });
  }
}

/** Private, since the environment of a person is in them. */
export function writeFiles(files: readonly ServiceFile[]): void {
  for (const { path: file, text } of files) {
    makeMissingFolders(path.dirname(file));
    withPathErrors(file, () => writeWholeFile(file, Buffer.from(text)));
  }
}

/** Removes a folder, and the one above it, if nothing is in them. */
export function removeEmptyFolders(folder: string): void {
  try {
    rmdirSync(folder);
    rmdirSync(path.dirname(folder));
  } catch (thrown) {
    if (errnoOf(thrown) === undefined) throw thrown;
  }
}

/** What a person has put beside a unit, such as `sigilforge.service.d` of `systemctl edit`. */
export function besides(files: readonly string[]): string[] {
  return files
    .map((file) => `${file}.d`)
    .filter((folder) => existsSync(folder) && readdirSync(folder).length > 0);
}

function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (thrown) {
    if (isErrno(thrown, 'ENOENT')) return undefined;
    throw new SigilforgeError(
      'already_exists',
      `${file} cannot be read (${errnoOf(thrown) ?? 'unknown error'}).`,
      {
        hint: 'Move it away, and run the command again.',
        cause: thrown,
      },
    );
  }
}
