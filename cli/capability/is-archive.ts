import { closeSync, constants, openSync, readSync, statSync } from 'node:fs';
import { withPathErrors } from '../../shared/path-error.js';

/** With which an archive begins: with its first file, or with its end if it has none. */
const SIGNATURES = ['PK\u0003\u0004', 'PK\u0005\u0006'];

/** Whether a path is that of a file that is called a zip archive, there or not, or begins as one. A folder may be called so as well. */
export function isArchive(file: string): boolean {
  return withPathErrors(file, () => {
    const isCalledSo = /\.zip$/i.test(file);
    const stats = statSync(file, { throwIfNoEntry: false });
    if (!stats?.isFile()) return stats === undefined && isCalledSo;
    return isCalledSo || SIGNATURES.includes(beginningOf(file));
  });
}

function beginningOf(file: string): string {
  const fd = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const bytes = Buffer.alloc(4);
    return bytes.toString('latin1', 0, readSync(fd, bytes));
  } finally {
    closeSync(fd);
  }
}
