import fs from 'node:fs';
import { type Config, parseConfig } from '../../shared/config.js';
import { SigilforgeError } from '../../shared/errors.js';
import { isErrno } from './files.js';

/** `config.toml`, or every default where there is none. Throws `config` with file, line and key. */
export function readConfig(file: string): Config {
  return parseConfig(readText(file), file);
}

function readText(file: string): string {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch (cause) {
    if (isErrno(cause, 'ENOENT')) return '';
    throw new SigilforgeError('config', `${file} cannot be read.`, { hint: 'Check its permissions.', cause });
  }
}
