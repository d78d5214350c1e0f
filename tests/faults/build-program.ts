import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type Plugin } from 'esbuild';
import { AS_COMMONJS, ROOT, SETTINGS } from '../build/settings.js';

/** Inside of node_modules, so that the programs find the packages that are not bundled. */
const cache = join(ROOT, 'node_modules', '.cache', 'sigilforge');

/** A test program as one file that Node runs. */
export interface BuiltProgram {
  readonly command: readonly string[];
  stop(): Promise<void>;
}

/** A change of the source, for a program that is to be another version: in the file with this name. */
interface Change {
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

/** Bundles `programs/NAME.ts` in the way in which the daemon itself is bundled. */
export async function buildProgram(name: string, change?: Change): Promise<BuiltProgram> {
  await mkdir(cache, { recursive: true });
  const folder = await mkdtemp(join(cache, 'program-'));
  const outfile = join(folder, `${name}.cjs`);
  await build({
    entryPoints: [fileURLToPath(new URL(`programs/${name}.ts`, import.meta.url))],
    outfile,
    ...SETTINGS,
    ...AS_COMMONJS,
    plugins: change ? [changing(change)] : [],
  });
  return {
    command: [process.execPath, outfile],
    stop: () => rm(folder, { recursive: true, force: true }),
  };
}

function changing({ file, from, to }: Change): Plugin {
  return {
    name: 'another version',
    setup(bundling) {
      bundling.onLoad({ filter: new RegExp(`/${file.replaceAll('.', '\\.')}$`) }, ({ path }) => {
        const source = readFileSync(path, 'utf8');
        if (!source.includes(from)) throw new Error(`${file} has no "${from}".`);
        return { contents: source.replace(from, to), loader: 'ts' };
      });
    },
  };
}
