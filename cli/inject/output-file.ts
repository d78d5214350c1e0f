import { errnoOf } from '../../shared/errno.js';
import { type ErrorKind, SigilforgeError } from '../../shared/errors.js';
import { writeWholeFile } from '../../shared/whole-file.js';

/** Writes the filled-in template (0600), whole or not at all. A link is replaced, not followed. */
export function writeOutput(file: string, content: Buffer): void {
  try {
    writeWholeFile(file, content);
  } catch (thrown) {
    const code = errnoOf(thrown) ?? 'unknown';
    const { kind, hint } = explain(code);
    throw new SigilforgeError(kind, `${file} cannot be written (${code}).`, { hint, cause: thrown });
  }
}

function explain(code: string): { kind: ErrorKind; hint: string } {
  switch (code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return { kind: 'invalid_params', hint: 'Create its folder first, or choose another path after -o.' };
    case 'EISDIR':
    case 'ENOTEMPTY':
    case 'EEXIST':
      return { kind: 'invalid_params', hint: 'This is a folder. Name a file in it after -o.' };
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return { kind: 'invalid_params', hint: 'Choose a folder that you may write to.' };
    case 'ENAMETOOLONG':
    case 'ELOOP':
      return { kind: 'invalid_params', hint: 'Choose another path after -o.' };
    default:
      return { kind: 'external', hint: 'Check the disk: whether it has free space and can be written to.' };
  }
}
