import { execFile } from 'node:child_process';
import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { BUILT } from './bundle.js';
import { ROOT } from './settings.js';

const run = promisify(execFile);

/** What `dist` is made of. */
const SOURCES = ['shared', 'client', 'daemon', 'cli', 'tests/build', 'package.json'];

/** Builds the code, unless what is in `dist` is newer than every source. Resolves with whether it did. */
export async function buildIfOld(): Promise<boolean> {
  if (!(await isOld(ROOT))) return false;
  await run('npm', ['run', 'build:code'], { cwd: ROOT });
  return true;
}

/** Whether a source of this folder is newer than its `dist`. A folder is as new as its last new or removed file. */
export async function isOld(root: string): Promise<boolean> {
  const built = await Promise.all(BUILT.map((file) => timeOf(path.join(root, 'dist', file))));
  const sources = await Promise.all(SOURCES.map((place) => newest(path.join(root, place))));
  return Math.min(...built) < Math.max(...sources);
}

async function newest(place: string): Promise<number> {
  const below = await readdir(place, { recursive: true }).catch(() => []);
  const times = await Promise.all([place, ...below.map((name) => path.join(place, name))].map(timeOf));
  return Math.max(...times);
}

/** When it was last changed, in milliseconds since 1970; 0 if it is not there, or not there any more. */
async function timeOf(place: string): Promise<number> {
  return stat(place).then(
    ({ mtimeMs }) => mtimeMs,
    () => 0,
  );
}
