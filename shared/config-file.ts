import { readFileSync, statSync } from 'node:fs';
import { isErrno } from './errno.js';
import { SigilforgeError } from './errors.js';
import { assertUnchangeable } from './ownership.js';
import { pathError } from './path-error.js';

/**
 * The text of `config.toml`, empty if there is none. It names programs that are run and the socket that is trusted, so it
 * throws `unsafe_path` if others than the user and root could have written it, `store_unavailable` if its path leads
 * nowhere, and `config` if it cannot be read.
 */
export function readConfigText(file: string): string {
  assertUnchangeable(file);
  try {
    if (!isThere(file)) return '';
    return readFileSync(file, 'utf8');
  } catch (cause) {
    if (cause instanceof SigilforgeError) throw cause;
    throw new SigilforgeError('config', `${file} cannot be read.`, { hint: 'Check its permissions.', cause });
  }
}

/** Whether there is a file. Throws if its path leads nowhere, and for a pipe, which would be waited for for ever. */
function isThere(file: string): boolean {
  try {
    if (!statSync(file).isFIFO()) return true;
  } catch (cause) {
    if (isErrno(cause, 'ENOENT')) return false;
    throw pathError(file, cause);
  }
  throw new Error('It is a pipe.');
}
