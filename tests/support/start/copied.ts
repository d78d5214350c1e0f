import { cp, mkdir, mkdtemp, readdir, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../..', import.meta.url));

/** The built programs in a folder of their own. */
interface CopiedPrograms {
  /** The command line of a program. */
  program(name: string): string[];
  stop(): Promise<void>;
}

/** Copies the built programs to where every package is installed but one, as if npm could not install an optional one. */
export async function copyWithout(missing: string): Promise<CopiedPrograms> {
  const folder = await mkdtemp(path.join(tmpdir(), 'sf-copied-'));
  await cp(path.join(root, 'dist'), path.join(folder, 'dist'), { recursive: true });
  const packages = path.join(folder, 'node_modules');
  await mkdir(packages);
  for (const name of await readdir(path.join(root, 'node_modules'))) {
    if (name !== missing) await symlink(path.join(root, 'node_modules', name), path.join(packages, name));
  }
  return {
    program: (name) => [process.execPath, path.join(folder, 'dist', `${name}.cjs`)],
    stop: () => rm(folder, { recursive: true, force: true }),
  };
}
