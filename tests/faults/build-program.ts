import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { AS_COMMONJS, ROOT, SETTINGS } from '../build/settings.js';

/** Inside of node_modules, so that the programs find the packages that are not bundled. */
const cache = join(ROOT, 'node_modules', '.cache', 'sigilforge');

/** A test program as one file that Node runs. */
export interface BuiltProgram {
  readonly command: readonly string[];
  stop(): Promise<void>;
}

/** Bundles `programs/NAME.ts` in the way in which the daemon itself is bundled. */
export async function buildProgram(name: string): Promise<BuiltProgram> {
  await mkdir(cache, { recursive: true });
  const folder = await mkdtemp(join(cache, 'program-'));
  const outfile = join(folder, `${name}.cjs`);
  await build({
    entryPoints: [fileURLToPath(new URL(`programs/${name}.ts`, import.meta.url))],
    outfile,
    ...SETTINGS,
    ...AS_COMMONJS,
  });
  return {
    command: [process.execPath, outfile],
    stop: () => rm(folder, { recursive: true, force: true }),
  };
}
