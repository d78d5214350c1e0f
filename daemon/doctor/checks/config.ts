import { lstatSync, type Stats } from 'node:fs';
import type { Config } from '../../../shared/config.js';
import { broken, type Check, ok, warning } from '../check.js';
import { closePlace } from '../look/close-place.js';

/** Permission bits of the group and of all others. */
const OTHERS = 0o077;

export const config: Check = {
  name: 'config',
  run(patient) {
    const { configFile } = patient.paths;
    const found = patient.config();
    if ('kind' in found) return [broken(found.message, found.hint)];
    const stats = lstatSync(configFile, { throwIfNoEntry: false });
    if (stats === undefined) return [ok(`There is no ${configFile}, so every setting is the usual one.`)];
    if (!isReadablePassword(found, stats)) return [ok(`${configFile} is valid.`)];
    return [
      warning(
        `${configFile} has the password of a proxy in it, and other users may read it.`,
        `Close it: chmod 600 '${configFile}', or: sigilforge doctor --fix`,
      ),
    ];
  },
  fix: ({ paths }) => closePlace(paths.configFile),
};

/** Nothing else in it is secret. */
function isReadablePassword({ network }: Config, { mode }: Stats): boolean {
  const { proxy } = network;
  if (!proxy || !URL.canParse(proxy) || process.platform === 'win32') return false;
  return new URL(proxy).password !== '' && (mode & OTHERS) !== 0;
}
