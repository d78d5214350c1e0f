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

interface Replacing {
  /** Whether a file belongs to a grant of the restored vault. */
  readonly isOurs: (name: string) => boolean;
  readonly now: number;
}

export function readRescued(folder: string): KeptFile[] {
  return namesIn(folder).flatMap((name) => {
    const content = readIfAny(path.join(folder, name));
    return content ? [{ name, content }] : [];
  });
}

/**
 * Copies what is kept for grants that the restored vault does not have to names that no start looks at: one would take it for
 * an answer whose grant is over. Done before the vault is replaced, so that a crash loses none; the result undoes it.
 */
export function copyAside(folder: string, { isOurs, now }: Replacing): () => void {
  const copies: string[] = [];
  withPathErrors(folder, () => {
    for (const name of namesIn(folder).filter((one) => !isOurs(one))) {
      const file = path.join(folder, name);
      const copy = `${file}.replaced-${timestamp(now).replaceAll(':', '-')}`;
      writePrivateFile(copy, fs.readFileSync(file));
      copies.push(copy);
    }
  });
  return () => {
    for (const copy of copies) fs.rmSync(copy, { force: true });
  };
}

/** Puts files of a backup where answers are kept. What is kept there already stays, unless it was copied aside. */
export function putRescued(folder: string, files: readonly KeptFile[], { isOurs }: Replacing): void {
  withPathErrors(folder, () => {
    for (const name of namesIn(folder)) if (!isOurs(name)) fs.rmSync(path.join(folder, name));
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
