import { type Config, parseConfig } from '../../../shared/config.js';
import { readConfigText } from '../../../shared/config-file.js';

/**
 * `config.toml`, or every default if there is none. Throws `config` with file, line and key, and `unsafe_path` if others
 * could have written it.
 */
export function readConfig(file: string): Config {
  return parseConfig(readConfigText(file), file);
}
