import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { publint } from 'publint';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startOpenIdProvider } from '../support/provider/openid-provider.js';
import { signIn } from '../support/provider/person.js';
import { installPackedPackage, type PackedPackage } from '../support/start/packed.js';
import { createSandbox } from '../support/start/sandbox.js';
import { stopAfter } from '../support/start/stop-after.js';
import { ASKS_AS_COMMONJS, ASKS_AS_MODULE, ASKS_LIBRARY, TYPED_COMMONJS, TYPED_MODULE } from './consumers.js';

// The package as its users get it. tests/support/packed.ts says what of an installation is not shown here.

const run = promisify(execFile);
const modules = fileURLToPath(new URL('../../node_modules', import.meta.url));

let installed: PackedPackage;

beforeAll(async () => {
  installed = await installPackedPackage();
});

afterAll(() => installed?.stop());

test('the package holds the programs, the types and its papers, and nothing else', () => {
  const types = /^dist\/types\/(client|daemon|shared)\/.+\.d\.ts$/;
  expect(installed.files.filter((file) => !types.test(file) && !PAPERS.has(file)).sort()).toEqual([
    'dist/client.cjs',
    'dist/commands.cjs',
    'dist/daemon.cjs',
    'dist/keychain.cjs',
    'dist/sigilforge.cjs',
    'dist/sigilforged.cjs',
    'package.json',
  ]);
  expect(installed.files).toContain('dist/types/client/index.d.ts');
  expect(installed.files).toContain('dist/types/daemon/local.d.ts');
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
  const provider = await stopAfter(startOpenIdProvider());
  const sandbox = await stopAfter(createSandbox());
  const sigilforge = async (...args: string[]) => {
    const { code, stdout, stderr } = await sandbox.spawn([installed.program('sigilforge'), ...args], INPUT)
      .exited;
    expect({ args, code, stderr }).toMatchObject({ code: 0 });
    return stdout;
  };
  const program = async (name: string, source: string) => {
    const file = await write(name, source);
    const { stdout, stderr } = await sandbox.spawn([process.execPath, file], INPUT).exited;
    expect(stderr).toBe('');
    return stdout;
  };

  await sandbox.spawn([installed.program('sigilforged')], INPUT).seen(/"ready":true/, 'stdout');
  const set = ['provider', 'set', 'demo', '--issuer', provider.issuer];
  await sigilforge(
    ...set,
    '--client-id',
    provider.clients.native.clientId,
    '--scopes',
    'openid,offline_access',
  );
  const adding = sandbox.spawn([installed.program('sigilforge'), 'add-account', 'demo', 'ada'], INPUT);
  const [address] = await adding.seen(/^http:\S+$/m);
  await signIn(address);
  await expect(adding.exited).resolves.toMatchObject({ code: 0, stdout: 'demo/ada\n' });

  const token = (await sigilforge('get-token', 'demo', 'ada')).trim();
  expect(await provider.introspect(token)).toMatchObject({ active: true });
  expect(await program('asks.mjs', ASKS_AS_MODULE)).toBe(`daemon ${token}`);
  expect(await program('asks.cjs', ASKS_AS_COMMONJS)).toBe(`daemon ${token}`);

  const pid = /^pid\t(\d+)$/m.exec(await sigilforge('daemon', 'restart'))?.[1];
  sandbox.track(Number(pid));
  expect((await sigilforge('get-token', 'demo', 'ada')).trim()).toBe(token);
  await sigilforge('daemon', 'stop');
  expect(await program('asks.cjs', ASKS_AS_COMMONJS)).toBe(`direct ${token}`);
  expect(await program('library.mjs', ASKS_LIBRARY)).toBe(token);
});

async function write(name: string, source: string): Promise<string> {
  const file = path.join(installed.folder, name);
  await writeFile(file, source);
  return file;
}

const INPUT = { input: '' };

const PAPERS = new Set(['README.md', 'LICENSE', 'CHANGELOG.md', 'SECURITY.md']);
