import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import packageJson from '../../package.json' with { type: 'json' };
import { ROOT } from './settings.js';
import { zig } from './zig.js';

/** The programs in C, each from the files of one folder. */
const PROGRAMS = { sigilforge: 'client/native', 'sigilforge-run': 'client/native/run' } as const;

/** The systems that a package holds programs for, as Node names them, and zig's name for each. */
const SYSTEMS = {
  'linux-x64': 'x86_64-linux-musl',
  'linux-arm64': 'aarch64-linux-musl',
  'darwin-x64': 'x86_64-macos',
  'darwin-arm64': 'aarch64-macos',
} as const;

export type System = keyof typeof SYSTEMS;

/** Every program of every system, by its path from the root of the package. */
export const NATIVE_PROGRAMS = systems().flatMap((system) =>
  Object.keys(PROGRAMS).map((name) => `dist/native/${system}/${name}`),
);

const FLAGS = ['-std=c11', '-D_GNU_SOURCE', '-Os', '-g0', '-Wall', '-Wextra', '-s'];
const VERSION = `-DVERSION="${packageJson.version}"`;

/** musl first: a static program with it starts twice as fast as one with glibc. Fedora and macOS have no static libc. */
const COMPILERS: readonly (readonly string[])[] = [['musl-gcc', '-static'], ['cc', '-static'], ['cc']];

/** How programs are compiled: the command line up to the sources, and the variables of the compiler. */
interface Compiler {
  readonly command: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
}

export function systems(): System[] {
  return Object.keys(SYSTEMS) as System[];
}

/** Builds the programs for this system, if it has a compiler. Without them Node does what it can. */
export function buildNativeHere(): void {
  const system = `${process.platform}-${process.arch}`;
  if (process.platform === 'win32') return;
  const compilers = COMPILERS.filter(([name = '']) => spawnSync(name, ['--version']).status === 0);
  if (compilers.length === 0) {
    process.stderr.write(`There is no C compiler here: dist/native/${system} is left out.\n`);
    return;
  }
  compileAll(
    path.join(ROOT, 'dist/native', system),
    compilers.map((command) => ({ command })),
  );
}

/** Builds the programs for every system by the pinned compiler, and prints their sizes. A warning is an error here. */
export function buildNativeEverywhere(): void {
  for (const system of systems()) buildNativeFor(system, path.join(ROOT, 'dist/native', system));
  for (const file of NATIVE_PROGRAMS) {
    process.stdout.write(`${file}\t${statSync(path.join(ROOT, file)).size} bytes\n`);
  }
}

/** Builds the programs for one system into `folder`, from the sources below `root`. The bytes depend on no path. */
export function buildNativeFor(system: System, folder: string, root: string = ROOT): void {
  const { file, env } = zig();
  const target = SYSTEMS[system];
  const isStatic = system.startsWith('linux') ? ['-static'] : [];
  compileAll(folder, [{ command: [file, 'cc', '-target', target, '-Werror', ...isStatic], env }], root);
}

function compileAll(folder: string, compilers: readonly Compiler[], root: string = ROOT): void {
  mkdirSync(folder, { recursive: true });
  for (const [name, sources] of Object.entries(PROGRAMS)) {
    compile(path.join(folder, name), path.join(root, sources), compilers);
  }
}

/** By the first compiler that can. The file has its own name from the start: for macOS it is signed into the program. */
function compile(file: string, sources: string, compilers: readonly Compiler[]): void {
  const unfinished = mkdtempSync(`${file}.`);
  try {
    const built = path.join(unfinished, path.basename(file));
    const failures: string[] = [];
    for (const compiler of compilers) {
      const { status, stderr } = run(compiler, built, sources);
      if (status !== 0) {
        failures.push(`${compiler.command.join(' ')}: ${stderr}`);
        continue;
      }
      process.stderr.write(stderr);
      renameSync(built, file);
      return;
    }
    throw new Error(`${path.basename(file)} cannot be compiled:\n${failures.join('\n')}`);
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
}

function run({ command: [name = '', ...args], env }: Compiler, built: string, cwd: string) {
  const sources = readdirSync(cwd)
    .filter((file) => file.endsWith('.c'))
    .sort();
  return spawnSync(name, [...args, ...FLAGS, VERSION, '-o', built, ...sources], {
    cwd,
    env: { ...process.env, ...env },
    encoding: 'utf8',
  });
}
