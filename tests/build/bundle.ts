import { mkdir, readdir, readFile, rename, rm, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type BuildOptions, build, type OutputFile } from 'esbuild';
import { AS_COMMONJS, ROOT, SETTINGS } from './settings.js';

/** The programs of the package and the library that they load: name of the bundle, and where it begins. */
const PROGRAMS = {
  sigilforge: 'cli/main.ts',
  relay: 'cli/exec/output/relay-main.ts',
  sigilforged: 'daemon/main.ts',
  daemon: 'daemon/library/api.ts',
  keychain: 'daemon/core/keychain/child.ts',
  quickstart: 'cli/quickstart/demonstration.ts',
  'run-node': 'daemon/core/runs/launch/run-node.ts',
};

/** Programs in other languages, as they are. */
const COPIED = { 'run-python.py': 'daemon/core/runs/launch/run-python.py' };

/** What users import. Their bundlers take it in, as CommonJS or as a module, so it stands on nothing of this build. */
const CLIENT = { client: 'client/index.ts' };

/** The files that programs load. */
export const BUNDLES = [
  ...Object.keys({ ...PROGRAMS, ...CLIENT }).map((name) => `${name}.cjs`),
  'client.mjs',
];

/** All that is built here, without the maps. */
export const BUILT = [...BUNDLES, ...Object.keys(COPIED)];

type BuiltFile = Pick<OutputFile, 'path' | 'contents'>;

/** Small, but with the names that stack traces show; the maps name file and line, and leave the sources out. */
const SHIPPED = {
  outdir: 'dist',
  write: false,
  minifySyntax: true,
  minifyWhitespace: true,
  legalComments: 'none',
  sourcemap: 'linked',
  sourcesContent: false,
} as const satisfies BuildOptions;

/**
 * Builds every bundle into `dist`. Each file appears whole, in place of the older one, so that programs and tests that
 * run meanwhile see the old one or the new one. Their time is that of the beginning: a source changed since is newer.
 */
export async function bundle(): Promise<void> {
  const began = new Date();
  const common = { ...SETTINGS, ...SHIPPED };
  // Without white space the comment goes that tells bundlers to leave `import(name)` alone.
  const library = { ...common, minifyWhitespace: false };
  const built = await Promise.all([
    build({ ...common, ...AS_COMMONJS, entryPoints: PROGRAMS, outExtension: { '.js': '.cjs' } }),
    build({ ...library, format: 'cjs', entryPoints: CLIENT, outExtension: { '.js': '.cjs' } }),
    build({ ...library, format: 'esm', entryPoints: CLIENT, outExtension: { '.js': '.mjs' } }),
  ]);
  const files = [...built.flatMap(({ outputFiles }) => outputFiles), ...(await copied())];
  await mkdir(path.join(ROOT, 'dist'), { recursive: true });
  await Promise.all(files.map((file) => replace(file, began)));
  await removeOthers(files.map((file) => path.basename(file.path)));
}

function copied(): Promise<BuiltFile[]> {
  return Promise.all(
    Object.entries(COPIED).map(async ([name, source]) => ({
      path: path.join(ROOT, 'dist', name),
      contents: await readFile(path.join(ROOT, source)),
    })),
  );
}

async function replace({ path: place, contents }: BuiltFile, time: Date): Promise<void> {
  const unfinished = `${place}.${process.pid}.tmp`;
  // A bundle that begins with `#!` is a program.
  const isProgram = contents[0] === 0x23 && contents[1] === 0x21;
  await writeFile(unfinished, contents, { mode: isProgram ? 0o755 : 0o644 });
  await utimes(unfinished, time, time);
  await rename(unfinished, place);
}

/** Bundles of an earlier state of the sources, whose names are gone. */
async function removeOthers(names: readonly string[]): Promise<void> {
  const folder = path.join(ROOT, 'dist');
  const old = (await readdir(folder)).filter(
    (name) => /\.[cm]js(\.map)?$/.test(name) && !names.includes(name),
  );
  await Promise.all(old.map((name) => rm(path.join(folder, name), { force: true })));
}
