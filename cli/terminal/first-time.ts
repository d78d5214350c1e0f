import { closeSync, openSync } from 'node:fs';
import path from 'node:path';
import { isErrno } from '../../shared/errno.js';
import { resolvePaths } from '../../shared/paths.js';
import { makePrivateFolder } from '../../shared/private-folder.js';

/** Whether this is the first call for `name` on this machine; a file in the state folder remembers it. */
export function claimFirstTime(name: string): boolean {
  try {
    const { state } = resolvePaths();
    makePrivateFolder(state);
    closeSync(openSync(path.join(state, `said-${name}`), 'wx', 0o600));
    return true;
  } catch (thrown) {
    return !isErrno(thrown, 'EEXIST');
  }
}
