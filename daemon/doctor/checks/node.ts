import { broken, type Check, ok } from '../check.js';

/** The oldest that this version of Sigilforge runs on; as `engines` in package.json. */
const OLDEST = 20;

export const node: Check = {
  name: 'node',
  run() {
    const { version, execPath } = process;
    const major = Number(/^v(\d+)/.exec(version)?.[1]);
    if (major >= OLDEST) return [ok(`Node ${version} (${execPath}).`)];
    return [broken(`Node ${version} is too old (${execPath}).`, `Install Node ${OLDEST} or later.`)];
  },
};
