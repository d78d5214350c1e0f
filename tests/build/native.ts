import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, renameSync } from 'node:fs';
import path from 'node:path';
import packageJson from '../../package.json' with { type: 'json' };
import { ROOT } from './settings.js';

/** The programs in C, each from the files of one folder. */
const PROGRAMS = { sigilforge: 'client/native', 'sigilforge-run': 'client/native/run' };

const FLAGS = ['-std=c11', '-D_GNU_SOURCE', '-Os', '-Wall', '-Wextra', '-Werror', '-static', '-s'];

/** musl first: a static program with it starts twice as fast as one with glibc. */
const COMPILERS = ['musl-gcc', 'cc'];

/** Builds the programs for this system, if it has a compiler. Without them Node does what it can. */
export function buildNativeHere(): void {
  if (process.platform === 'win32') return;
  const compiler = COMPILERS.find((name) => spawnSync(name, ['--version']).status === 0);
  if (compiler === undefined) return;
  const folder = path.join(ROOT, 'dist', 'native', `${process.platform}-${process.arch}`);
  mkdirSync(folder, { recursive: true });
  for (const [name, source] of Object.entries(PROGRAMS)) compile(compiler, source, path.join(folder, name));
}

function compile(compiler: string, source: string, file: string): void {
  const from = path.join(ROOT, source);
  const sources = readdirSync(from)
    .filter((name) => name.endsWith('.c'))
    .sort();
  const version = `-DVERSION="${packageJson.version}"`;
  const unfinished = `${file}.${process.pid}.tmp`;
  const { status, stderr } = spawnSync(compiler, [...FLAGS, version, '-o', unfinished, ...sources], {
    cwd: from,
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`${compiler} failed: ${stderr}`);
  renameSync(unfinished, file);
}
