import fs from 'node:fs';
import path from 'node:path';
import { resolvePaths } from '../../shared/paths.js';

/** Whether a real path is in the folder with the vault: a file that is written there would take the place of a part of it. */
export function isOwnData(place: string): boolean {
  const data = realData();
  return data !== undefined && `${path.dirname(place)}/`.startsWith(`${data}/`);
}

/** `undefined` if there is no such folder, or no home. */
function realData(): string | undefined {
  try {
    return fs.realpathSync.native(resolvePaths().data);
  } catch {
    return undefined;
  }
}
