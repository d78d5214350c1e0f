import { spawnSync } from 'node:child_process';
import { cp, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildNativeFor, systems } from '../build/native.js';
import { ROOT } from '../build/settings.js';
import { isPinned } from '../build/zig.js';
import { createSandbox } from '../support/start/sandbox.js';
import { stopAfter } from '../support/start/stop-after.js';

// What a release holds for each system. The first time the compiler is fetched, and it builds its own libraries.
const BUILD_MS = 1_200_000;

/** How the file of a program begins, by its system: ELF and Mach-O, with the number of the processor. */
const BEGINNINGS = {
  'linux-x64': /^7f454c460201.{24}3e00/,
  'linux-arm64': /^7f454c460201.{24}b700/,
  'darwin-x64': /^cffaedfe07000001/,
  'darwin-arm64': /^cffaedfe0c000001/,
} as const;

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'sf-native-'));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

describe.each(systems())('for %s', (system) => {
  test(
    'the programs are the same to the byte wherever their sources lie',
    async () => {
      const elsewhere = path.join(folder, `${system} in a longer place`);
      await cp(path.join(ROOT, 'client/native'), path.join(elsewhere, 'client/native'), { recursive: true });
      const first = path.join(folder, system);
      buildNativeFor(system, first);
      buildNativeFor(system, path.join(elsewhere, 'dist'), elsewhere);
      expect(await readdir(first)).toEqual(['sigilforge', 'sigilforge-run']);
      for (const name of await readdir(first)) {
        const bytes = await readFile(path.join(first, name));
        expect(bytes.equals(await readFile(path.join(elsewhere, 'dist', name)))).toBe(true);
        expect(bytes.toString('hex', 0, 32)).toMatch(BEGINNINGS[system]);
        expect(bytes.includes(ROOT)).toBe(false);
      }
    },
    BUILD_MS,
  );
});

const qemu = process.arch === 'arm64' ? [] : ['qemu-aarch64'];
const runsArm = qemu.length === 0 || spawnSync('qemu-aarch64', ['--version']).status === 0;

test.skipIf(!runsArm)('that for arm64 answers, by a running daemon', async () => {
  const sandbox = await stopAfter(createSandbox());
  await sandbox.startDaemon();
  const added = await sandbox.run(['add-account', 'example', 'one', '--api-key'], { input: 'a-key-for-arm' });
  expect(added).toMatchObject({ code: 0 });
  const program = [...qemu, path.join(folder, 'linux-arm64/sigilforge')];
  // Node is not to be found, so that the program itself has answered.
  const asked = sandbox.spawn([...program, 'get-token', 'example', 'one'], {
    input: '',
    env: { PATH: '/usr/bin' },
  });
  expect(await asked.exited).toMatchObject({ code: 0, stdout: 'a-key-for-arm\n', stderr: '' });
});

test('a compiler of other bytes than the pinned ones is refused', () => {
  expect(isPinned(Buffer.from('another compiler'))).toBe(false);
});
