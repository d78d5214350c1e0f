import { readFileSync, statSync } from 'node:fs';
import { isErrno } from './errno.js';
import { SigilforgeError } from './errors.js';
import { assertUnchangeable } from './ownership.js';

/**
 * The text of `config.toml`, empty if there is none. It names programs that are run and the socket that is trusted, so it
 * throws `unsafe_path` if others than the user and root could have written it; `config` if it cannot be read.
 */
export function readConfigText(file: string): string {
  assertUnchangeable(file);
  try {
    // Reading a pipe would wait for ever for a program that writes into it.
    if (statSync(file).isFIFO()) throw new Error('It is a pipe.');
    return readFileSync(file, 'utf8');
  } catch (cause) {
    if (isErrno(cause, 'ENOENT')) return '';
    throw new SigilforgeError('config', `${file} cannot be read.`, { hint: 'Check its permissions.', cause });
  }
}
