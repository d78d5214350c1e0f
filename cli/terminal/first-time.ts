import { closeSync, mkdirSync, openSync } from 'node:fs';
import path from 'node:path';
import { resolvePaths } from '../../shared/paths.js';

/** Whether this is the first time that `name` comes up here; a file in the state folder remembers it. */
export function isFirstTime(name: string): boolean {
  const { state } = resolvePaths();
  try {
    mkdirSync(state, { recursive: true, mode: 0o700 });
    closeSync(openSync(path.join(state, `said-${name}`), 'wx', 0o600));
    return true;
  } catch (thrown) {
    return !(thrown instanceof Error && 'code' in thrown && thrown.code === 'EEXIST');
  }
}
