import { readFile } from 'node:fs/promises';
import { errnoOf } from '../../shared/errno.js';
import { SigilforgeError } from '../../shared/errors.js';
import { badArgument } from '../arguments/context.js';
import { assertCurrentFolder } from './named-file.js';

/** Throws for a path that cannot be one of an exported file, before a passphrase is asked for in vain. */
export function assertExportedFile(name: string): void {
  assertCurrentFolder(name);
  if (name !== '-') return;
  throw badArgument(
    'Standard input holds the passphrase, so the exported file needs a name.',
    'Name the file. A pipe has a name as well, such as /dev/fd/3.',
  );
}

/** The bytes of a file to import. */
export async function readExportedFile(name: string): Promise<Buffer> {
  try {
    return await readFile(name);
  } catch (thrown) {
    throw unreadable(name, thrown);
  }
}

function unreadable(name: string, cause: unknown): SigilforgeError {
  const code = errnoOf(cause);
  if (code === 'ENOENT') {
    return new SigilforgeError('not_found', `There is no file ${name}.`, {
      hint: 'Name the file that sigilforge vault export has written.',
      cause,
    });
  }
  return new SigilforgeError('invalid_params', `${name} cannot be read (${code ?? 'an error'}).`, {
    hint: 'Name the file that sigilforge vault export has written, and check that you may read it.',
    cause,
  });
}
