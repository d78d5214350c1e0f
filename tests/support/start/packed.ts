import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../../..', import.meta.url));

/** The package as npm publishes it, installed into a folder where nothing else was. */
export interface PackedPackage {
  readonly folder: string;
  /** The paths of the files in the package. */
  readonly files: readonly string[];
  /** The path of an installed program. */
  program(name: string): string;
  stop(): Promise<void>;
}

/**
 * Packs what is built, and has npm install it. Its dependencies lie there already, in the versions of the lockfile and
 * only those that a user gets too: so npm asks no registry and builds no native module, which takes minutes. That both
 * of this works is not shown here. What npm takes from the package itself it does as always.
 */
export async function installPackedPackage(): Promise<PackedPackage> {
  const folder = await mkdtemp(path.join(tmpdir(), 'sf-packed-'));
  const stop = () => rm(folder, { recursive: true, force: true });
  try {
    const { filename, files } = await pack(folder);
    await addDependencies(folder, filename);
    await npm(folder, ['install', '--offline', '--omit=dev', '--ignore-scripts', '--no-audit', '--no-fund']);
    const program = (name: string) => path.join(folder, 'node_modules', '.bin', name);
    return { folder, files, program, stop };
  } catch (thrown) {
    await stop();
    throw thrown;
  }
}

/** Without its scripts: `prepack` would build again, under the feet of tests that run at the same time. */
export async function pack(folder: string): Promise<{ filename: string; files: string[] }> {
  const stdout = await npm(folder, ['pack', root, '--ignore-scripts', '--json']);
  const [packed] = JSON.parse(stdout) as [{ filename: string; files: { path: string }[] }];
  return { filename: packed.filename, files: packed.files.map((file) => file.path) };
}

interface LockedPackage {
  readonly dev?: boolean;
}

async function addDependencies(folder: string, tarball: string): Promise<void> {
  const lock = JSON.parse(await readFile(path.join(root, 'package-lock.json'), 'utf8'));
  const { '': own, ...packages } = lock.packages as Record<string, LockedPackage>;
  const shipped = Object.entries(packages).filter(([, { dev }]) => !dev);
  const from = `file:${tarball}`;
  const user = { name: 'user', private: true, dependencies: { sigilforge: from } };
  const installed = {
    '': user,
    'node_modules/sigilforge': { ...own, resolved: from },
    ...Object.fromEntries(shipped),
  };
  await writeFile(path.join(folder, 'package.json'), JSON.stringify(user));
  await writeFile(path.join(folder, 'package-lock.json'), JSON.stringify({ ...lock, packages: installed }));
  await mkdir(path.join(folder, 'node_modules'));
  for (const [place] of shipped) await copyIfAny(place, folder);
  await copyIfAny('node_modules/.bin', folder);
}

/** Copies a folder, less the sources and by-products of native modules. Packages for other systems are not there. */
async function copyIfAny(place: string, folder: string): Promise<void> {
  const source = path.join(root, place);
  await cp(source, path.join(folder, place), {
    recursive: true,
    verbatimSymlinks: true,
    filter: (file) => !/[/\\]better-sqlite3(-node20)?[/\\](deps|src|build[/\\]Release[/\\]obj)$/.test(file),
  }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
  });
}

async function npm(folder: string, args: readonly string[]): Promise<string> {
  const env = { PATH: process.env['PATH'], HOME: folder, npm_config_update_notifier: 'false' };
  const { stdout } = await run('npm', args, { cwd: folder, env });
  return stdout;
}
