import { accessSync, constants } from 'node:fs';
import path from 'node:path';

/** Whether a program of this name can be started. */
export function isInPath(name: string, env: NodeJS.ProcessEnv = process.env): boolean {
  const folders = (env['PATH'] ?? '').split(path.delimiter).filter((folder) => path.isAbsolute(folder));
  return folders.some((folder) => isExecutable(path.join(folder, name)));
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
