import fs from 'node:fs';
import path from 'node:path';
import { isErrno } from '../../../shared/errno.js';
import { withPathErrors } from '../../../shared/path-error.js';
import { makePrivateFolder } from '../../../shared/private-folder.js';
import { timestamp } from '../platform/clock.js';
import { writePrivateFile } from '../platform/files.js';
import type { KeptFile } from '../store/backup-tables.js';

/** Answers of providers that are not stored yet, or could not be read: sealed, named after their account and generation. */
const NAME = /^[0-9a-f-]{36}\.\d+(\.[0-9a-f-]{36}\.unread)?$/;

export function readRescued(folder: string): KeptFile[] {
  return namesIn(folder).flatMap((name) => {
    const content = readIfAny(path.join(folder, name));
    return content ? [{ name, content }] : [];
  });
}

/**
 * Puts files of a backup where answers are kept. What is kept there already stays, under another name if it belongs to a grant
 * that the restored vault does not have: a start would take it for one that is over.
 */
export function putRescued(
  folder: string,
  files: readonly KeptFile[],
  { isOurs, now }: { readonly isOurs: (name: string) => boolean; readonly now: number },
): void {
  withPathErrors(folder, () => {
    for (const name of namesIn(folder)) {
      if (isOurs(name)) continue;
      const file = path.join(folder, name);
      fs.renameSync(file, `${file}.replaced-${timestamp(now).replaceAll(':', '-')}`);
    }
    const missing = files.filter(({ name }) => NAME.test(name) && !fs.existsSync(path.join(folder, name)));
    if (missing.length > 0) makePrivateFolder(folder);
    for (const { name, content } of missing) writePrivateFile(path.join(folder, name), content);
  });
}

function namesIn(folder: string): string[] {
  try {
    return fs.readdirSync(folder).filter((name) => NAME.test(name));
  } catch (thrown) {
    if (isErrno(thrown, 'ENOENT', 'ENOTDIR')) return [];
    throw thrown;
  }
}

/** One may be stored, and removed, at any moment. */
function readIfAny(file: string): Buffer | undefined {
  return withPathErrors(file, () => {
    try {
      return fs.readFileSync(file);
    } catch (thrown) {
      if (isErrno(thrown, 'ENOENT')) return undefined;
      throw thrown;
    }
  });
}
