import { closeSync, existsSync, openSync, readFileSync, readSync, realpathSync } from 'node:fs';
import path from 'node:path';
import * as v from 'valibot';
import { parseJson } from '../../../shared/json.js';
import { packageManager } from '../../core/store/binding-cure.js';

const Manifest = v.object({ version: v.string() });

/** More than the scripts have that package managers put in the place of a link. */
const SHIM_BYTES = 8192;

/** In words, how the package that `file` belongs to came there; told from its path and what lies around it. */
export function wayOfInstalling(file: string): string {
  if (file.includes(`${path.sep}_npx${path.sep}`)) return "npx's cache";
  if (/\.zip[\\/]/.test(file)) return "Yarn's Plug'n'Play, in an archive";
  if (!file.includes(`${path.sep}node_modules${path.sep}`)) return 'a checkout of its source';
  if (process.versions['pnp'] !== undefined) return "Yarn's Plug'n'Play";
  return packageManager(file);
}

/** The version of the package that a built program belongs to, if that can be read. */
export function versionAt(program: string): string | undefined {
  try {
    const text = readFileSync(path.join(path.dirname(program), '..', 'package.json'), 'utf8');
    const manifest = v.safeParse(Manifest, parseJson(text));
    return manifest.success ? manifest.output.version : undefined;
  } catch {
    return undefined;
  }
}

/** Every program of this name on a PATH, in its order. */
export function programsOnPath(name: string, list: string | undefined): string[] {
  const folders = (list ?? '').split(path.delimiter).filter((folder) => path.isAbsolute(folder));
  return [...new Set(folders)].map((folder) => path.join(folder, name)).filter((file) => existsSync(file));
}

/**
 * The bundle that a program on PATH leads to: by links, or by a script that a package manager wrote in place of one. In
 * between may lie the launcher, which is named as its bundle is.
 */
export function programBehind(file: string): string {
  const real = realpathSync(file);
  const named = /"\$basedir\/([^"]+\/dist\/[^"/]+)"/.exec(beginningOf(real))?.[1];
  const target = named === undefined ? real : path.resolve(path.dirname(real), named);
  const bundle = `${target}.cjs`;
  if (existsSync(bundle)) return realpathSync(bundle);
  return existsSync(target) ? realpathSync(target) : target;
}

function beginningOf(file: string): string {
  const bytes = Buffer.alloc(SHIM_BYTES);
  const fd = openSync(file, 'r');
  try {
    return bytes.toString('utf8', 0, readSync(fd, bytes, 0, SHIM_BYTES, 0));
  } finally {
    closeSync(fd);
  }
}
