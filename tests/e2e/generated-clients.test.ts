import { execFile, execFileSync } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { beforeAll, expect, test } from 'vitest';
import { isRecord } from '../../shared/json.js';
import { type DaemonBackend, startDaemon } from '../support/start/backends.js';
import { GO_PROGRAM, TYPESCRIPT_PROGRAM } from './generated-programs.js';

const require = createRequire(import.meta.url);
const run = promisify(execFile);
const MODULES = fileURLToPath(new URL('../../node_modules', import.meta.url));
/** What both programs print. */
const PRINTED = 'vault the key true 0 ok secret a value ✓\nnot_found\n';

let daemon: DaemonBackend;
let generated: { readonly typescript: string; readonly go: string };

beforeAll(async () => {
  daemon = await startDaemon();
  generated = await generate(await daemon.api.rpcDiscover());
  return () => daemon.stop();
});

test('a TypeScript client made of what rpc.discover answers compiles and runs', async () => {
  const folder = await emptyFolder('typescript');
  const program = path.join(folder, 'program.ts');
  await writeFile(path.join(folder, 'sigilforge.ts'), generated.typescript);
  await writeFile(program, TYPESCRIPT_PROGRAM);
  const options = ['--strict', '--target', 'es2022', '--module', 'nodenext', '--types', 'node'];
  const tsc = [path.join(MODULES, 'typescript/bin/tsc'), program, ...options];
  await printing(process.execPath, [...tsc, '--typeRoots', path.join(MODULES, '@types')], folder);
  const compiled = path.join(folder, 'program.js');
  expect(await printing(process.execPath, [compiled, daemon.daemon.socket], folder)).toBe(PRINTED);
});

test.skipIf(!isThere('go'))(
  'so does a Go client',
  async () => {
    const folder = await emptyFolder('go');
    await writeFile(path.join(folder, 'go.mod'), 'module client\n');
    await writeFile(path.join(folder, 'sigilforge.go'), `package main\n${generated.go}`);
    await writeFile(path.join(folder, 'program.go'), GO_PROGRAM);
    expect(await printing('go', ['run', '.', daemon.daemon.socket], folder)).toBe(PRINTED);
  },
  120_000,
);

test('the types of both have names to read', () => {
  const typescript = generated.typescript;
  const names = [...typescript.matchAll(/^export (?:type|interface|enum) (\w+)/gm)].map(
    ([, name = '']) => name,
  );
  // Of all of them together the generator makes one more type, whose name is all their names.
  const own = names.filter((name) => !name.startsWith('AnyOf'));
  expect(names.length - own.length).toBe(1);
  expect(own.filter((name) => name.length > 56)).toEqual([]);
  // What has no title gets a name with a hash in it.
  expect(own.filter((name) => !/^[A-Z][A-Za-z]+$/.test(name))).toEqual([]);
  expect(names.length).toBeGreaterThan(300);
});

/** What the generator of the OpenRPC project makes of a document. */
async function generate(document: object): Promise<typeof generated> {
  const folder = await emptyFolder('generated');
  await writeFile(path.join(folder, 'openrpc.json'), JSON.stringify(document));
  const generator = require.resolve('@open-rpc/typings/build/cli.js');
  await printing(process.execPath, [generator, '--output-ts', '.', '--output-go', '.'], folder);
  const read = (name: string) => readFile(path.join(folder, name), 'utf8');
  return { typescript: await read('index.ts'), go: await read('index.go') };
}

/** A program's standard output; what it says of a failure is the error. */
async function printing(command: string, args: string[], folder: string): Promise<string> {
  const env = { ...process.env, GOCACHE: path.join(folder, 'cache'), GOFLAGS: '', GO111MODULE: 'on' };
  try {
    return (await run(command, args, { cwd: folder, env })).stdout;
  } catch (failed) {
    if (!isRecord(failed)) throw failed;
    throw new Error(`${command}: ${String(failed['stdout'])}${String(failed['stderr'])}`);
  }
}

async function emptyFolder(name: string): Promise<string> {
  const folder = path.join(daemon.sandbox.home, name);
  await mkdir(folder);
  return folder;
}

function isThere(program: string): boolean {
  try {
    execFileSync(program, ['version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
