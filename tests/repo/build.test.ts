import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, onTestFinished, test } from 'vitest';
import { BUILT, BUNDLES } from '../build/bundle.js';
import { isOld } from '../build/fresh.js';
import { ROOT } from '../build/settings.js';
import { createSandbox } from '../support/start/sandbox.js';
import { stopAfter } from '../support/start/stop-after.js';

const run = promisify(execFile);

describe('what is built is old', () => {
  test('if a source is newer than any bundle, and only then', async () => {
    const root = await project();
    expect(await isOld(root)).toBe(false);
    await date(path.join(root, 'daemon/deep/inside.ts'), 30);
    expect(await isOld(root)).toBe(true);
  });

  test('if a bundle is missing', async () => {
    const root = await project();
    await rm(path.join(root, 'dist/client.mjs'));
    expect(await isOld(root)).toBe(true);
  });

  test('if a source was removed', async () => {
    const root = await project();
    await rm(path.join(root, 'daemon/deep/inside.ts'));
    expect(await isOld(root)).toBe(true);
  });
});

describe('a stack', () => {
  test('names the source and its line where Node is told to read source maps', async () => {
    const stack = await stackOf(['--enable-source-maps']);
    expect(stack).toMatch(/[/\\]client[/\\][\w-]+\.ts:\d+/);
    expect(stack).not.toContain('client.cjs');
  });

  test('names the bundle otherwise', async () => {
    expect(await stackOf([])).toContain('client.cjs');
  });
});

test('every bundle has a map beside it, without the sources themselves', async () => {
  for (const name of BUNDLES) {
    const code = await readFile(path.join(ROOT, 'dist', name), 'utf8');
    expect(code.trimEnd().split('\n').at(-1)).toBe(`//# sourceMappingURL=${name}.map`);
    const map = JSON.parse(await readFile(path.join(ROOT, 'dist', `${name}.map`), 'utf8'));
    expect(map.sources.length).toBeGreaterThan(0);
    expect(map.sourcesContent).toBeUndefined();
  }
});

test('npm run dev runs the CLI from its sources, the library in its process too', async () => {
  const { scripts } = JSON.parse(await readFile(path.join(ROOT, 'package.json'), 'utf8'));
  expect(scripts.dev).toBe('tsx tests/build/dev.ts');
  const sandbox = await stopAfter(createSandbox());
  const dev = [
    process.execPath,
    path.join(ROOT, 'node_modules/tsx/dist/cli.mjs'),
    path.join(ROOT, 'tests/build/dev.ts'),
  ];
  const env = { INIT_CWD: sandbox.home };
  const help = await sandbox.spawn([...dev, '--help'], { input: '', env }).exited;
  expect(help).toMatchObject({ code: 0, stderr: '' });
  expect(help.stdout).toContain('Usage: sigilforge');
  const set = await sandbox.spawn([...dev, '--direct', 'secret', 'set', 'a/b'], { input: 'long enough', env })
    .exited;
  expect(set).toMatchObject({ code: 0 });
  const exec = [
    ...dev,
    '--direct',
    'exec',
    '--no-mask',
    '--env',
    'A=secret://a/b',
    '--',
    'sh',
    '-c',
    'echo "$A"; pwd',
  ];
  expect(await sandbox.spawn(exec, { input: '', env }).exited).toMatchObject({
    code: 0,
    stdout: `long enough\n${sandbox.home}\n`,
  });
});

/** A project whose bundles are ten seconds younger than its sources. */
async function project(): Promise<string> {
  const root = await mkdtemp(path.join(tmpdir(), 'sf-build-'));
  onTestFinished(() => rm(root, { recursive: true, force: true }));
  const folders = ['dist', 'shared', 'client', 'daemon/deep', 'cli', 'tests/build'];
  for (const folder of folders) await mkdir(path.join(root, folder), { recursive: true });
  await writeFile(path.join(root, 'daemon/deep/inside.ts'), '');
  await writeFile(path.join(root, 'package.json'), '{}');
  const sources = ['daemon/deep/inside.ts', 'package.json', 'daemon', ...folders.slice(1)];
  for (const source of sources) await date(path.join(root, source), 10);
  for (const name of BUILT) {
    await writeFile(path.join(root, 'dist', name), '');
    await date(path.join(root, 'dist', name), 20);
  }
  return root;
}

/** Sets its time to so many seconds after a fixed moment of the past. */
function date(file: string, seconds: number): Promise<void> {
  return utimes(file, 1_700_000_000 + seconds, 1_700_000_000 + seconds);
}

async function stackOf(options: readonly string[]): Promise<string> {
  const client = JSON.stringify(path.join(ROOT, 'dist/client.cjs'));
  const program = `require(${client}).connect({ timeout: -1 }).catch((error) => console.log(error.stack));`;
  const { stdout } = await run(process.execPath, [...options, '--eval', program]);
  return stdout;
}
