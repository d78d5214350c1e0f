import { execFile } from 'node:child_process';
import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { publint } from 'publint';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { VERSION } from '../../shared/version.js';
import { BUNDLES } from '../build/bundle.js';
import { NATIVE_PROGRAMS } from '../build/native.js';
import { installPackedPackage, type PackedPackage } from '../support/start/packed.js';
import { createSandbox } from '../support/start/sandbox.js';
import { stopAfter } from '../support/start/stop-after.js';
import { bundlers } from './bundlers.js';
import { ASKS_STATUS_AS_MODULE, ASKS_STATUS_OF, TYPED_COMMONJS, TYPED_MODULE } from './consumers.js';
import { runMainJob } from './main-job.js';

// The package as its users get it. tests/support/packed.ts says what of an installation is not shown here.

const run = promisify(execFile);
const modules = fileURLToPath(new URL('../../node_modules', import.meta.url));

let installed: PackedPackage;

beforeAll(async () => {
  installed = await installPackedPackage();
});

afterAll(() => installed?.stop());

test('the package holds the programs, the types and its papers, and nothing else', () => {
  const maps = BUNDLES.map((name) => `dist/${name}.map`);
  // Those of this system, or of all if they were built.
  const others = [...maps, ...PAPERS, ...NATIVE_PROGRAMS];
  expect(installed.files.filter((file) => !others.includes(file)).sort()).toEqual([
    'dist/client.cjs',
    'dist/client.d.mts',
    'dist/client.d.ts',
    'dist/client.mjs',
    'dist/daemon.cjs',
    'dist/daemon.d.ts',
    'dist/docker-credential-sigilforge',
    'dist/docker-credential-sigilforge.cmd',
    'dist/keychain.cjs',
    'dist/openrpc.json',
    'dist/quickstart.cjs',
    'dist/relay.cjs',
    'dist/run-node.cjs',
    'dist/run-python.py',
    'dist/sigilforge',
    'dist/sigilforge.cjs',
    'dist/sigilforge.cmd',
    'dist/sigilforged.cjs',
    'package.json',
  ]);
  expect(installed.files).toEqual(expect.arrayContaining(maps));
});

test('publint has nothing to say about it', async () => {
  const pkgDir = path.join(installed.folder, 'node_modules', 'sigilforge');
  const { messages } = await publint({ pkgDir, pack: false, strict: true });
  expect(messages).toEqual([]);
});

test.each([
  { module: 'nodenext', files: ['program.mts', 'program.cts'] },
  { module: 'preserve', files: ['program.mts'] },
])(
  'TypeScript programs of module type $module compile against it, types of the package checked too',
  async ({ module, files }) => {
    await write('program.mts', TYPED_MODULE);
    await write('program.cts', TYPED_COMMONJS);
    const compilerOptions = {
      module,
      moduleResolution: module === 'nodenext' ? 'nodenext' : 'bundler',
      ...{
        target: 'es2022',
        lib: ['es2023', 'esnext.disposable'],
        strict: true,
        exactOptionalPropertyTypes: true,
      },
      ...{ skipLibCheck: false, noEmit: true, types: ['node'], typeRoots: [path.join(modules, '@types')] },
    };
    const project = await write(`tsconfig.${module}.json`, JSON.stringify({ compilerOptions, files }));
    const tsc = path.join(modules, 'typescript', 'bin', 'tsc');
    const faults = await run(process.execPath, [tsc, '-p', project]).then(
      () => '',
      (failed: { stdout: string }) => failed.stdout,
    );
    expect(faults).toBe('');
  },
);

test('the main job runs with what is installed, and nothing of it is built in place', async () => {
  await runMainJob({
    folder: installed.folder,
    program: (name) => [installed.program(name)],
    node: [process.execPath],
  });
});

describe.each(bundlers)("a user's program, bundled by $name", ({ file, bundle }) => {
  let bundled: string;

  test('is bundled without a word', async () => {
    const entry = await write('asks-status.mjs', ASKS_STATUS_AS_MODULE);
    bundled = path.join(installed.folder, 'out', file);
    expect(await bundle(entry, bundled)).toEqual([]);
  });

  test('runs beside the package, with a daemon and without one', async () => {
    expect(await answersOf(bundled)).toEqual({ without: `direct ${VERSION}`, with: `daemon ${VERSION}` });
  });

  test('runs where nothing but itself is, as long as a daemon answers', async () => {
    const alone = path.join(await emptyFolder(), file);
    await copyFile(bundled, alone);
    expect(await answersOf(alone)).toEqual({ without: 'daemon_unavailable', with: `daemon ${VERSION}` });
  });
});

test.each(['client.cjs', 'client.mjs'])(
  '%s works where nothing but itself is, as long as a daemon answers',
  async (client) => {
    const folder = await emptyFolder();
    await copyFile(
      path.join(installed.folder, 'node_modules/sigilforge/dist', client),
      path.join(folder, client),
    );
    const program = path.join(folder, 'program.mjs');
    await writeFile(program, ASKS_STATUS_OF(client));
    expect(await answersOf(program)).toEqual({ without: 'daemon_unavailable', with: `daemon ${VERSION}` });
  },
);

/** What a program prints without a daemon, and then with one. */
async function answersOf(file: string): Promise<{ without: string; with: string }> {
  const sandbox = await stopAfter(createSandbox());
  const answer = async () => {
    const options = { input: '', cwd: path.dirname(file) };
    const { stdout, stderr } = await sandbox.spawn([process.execPath, file], options).exited;
    expect(stderr).toBe('');
    return stdout;
  };
  const without = await answer();
  await sandbox.startDaemon();
  return { without, with: await answer() };
}

async function emptyFolder(): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'sf-alone-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

async function write(name: string, source: string): Promise<string> {
  const file = path.join(installed.folder, name);
  await writeFile(file, source);
  return file;
}

const PAPERS = ['README.md', 'LICENSE', 'CHANGELOG.md', 'SECURITY.md'];
