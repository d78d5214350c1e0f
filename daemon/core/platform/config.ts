import fs from 'node:fs';
import path from 'node:path';
import { type Config, parseConfig } from '../../../shared/config.js';
import { isErrno } from '../../../shared/errno.js';
import { SigilforgeError } from '../../../shared/errors.js';
import { assertUnchangeable } from '../../../shared/ownership.js';

/**
 * `config.toml`, or every default if there is none. Throws `config` with file, line and key, and `unsafe_path` if others
 * could have written it: it names programs that are run.
 */
export function readConfig(file: string): Config {
  return parseConfig(readText(file), file);
}

function readText(file: string): string {
  try {
    for (const place of [path.dirname(file), file]) assertUnchangeable(place, fs.statSync(place));
    return fs.readFileSync(file, 'utf8');
  } catch (cause) {
    if (cause instanceof SigilforgeError) throw cause;
    if (isErrno(cause, 'ENOENT')) return '';
    throw new SigilforgeError('config', `${file} cannot be read.`, { hint: 'Check its permissions.', cause });
  }
}
