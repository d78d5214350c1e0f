import { existsSync } from 'node:fs';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { isRunning } from './processes.js';
import { createSandbox } from './sandbox.js';
import { stopAfter } from './stop-after.js';

const node = (code: string) => [process.execPath, '-e', code];

test('gives nothing of the desktop away, and ends what was started in it', async () => {
  const sandbox = await stopAfter(createSandbox());
  const running = sandbox.spawn(node('console.log(JSON.stringify(process.env)); setInterval(() => {}, 1e3)'));
  const { exited, pid } = running;
  await running.seen(/\n/, 'stdout');
  expect(await isRunning(pid)).toBe(true);
  await sandbox.stop();
  const { signal, stdout } = await exited;
  const variables = JSON.parse(stdout);
  expect(variables).toMatchObject({ HOME: sandbox.home, SIGILFORGE_HOME: sandbox.home });
  expect(Object.keys(variables).filter((name) => /^XDG_|^DBUS_|^NODE_|SOCKET/.test(name))).toEqual([]);
  expect(signal).toBe('SIGTERM');
  expect(await isRunning(pid)).toBe(false);
  expect(existsSync(sandbox.home)).toBe(false);
});

test('is removed with folders that may not be changed', async () => {
  const { home, stop } = await createSandbox();
  const folder = path.join(home, 'kept');
  await mkdir(folder);
  await writeFile(path.join(folder, 'file'), '');
  await chmod(folder, 0o500);
  await stop();
  expect(existsSync(home)).toBe(false);
});

test('lets a test read and answer a program that runs', async () => {
  const sandbox = await stopAfter(createSandbox());
  const running = sandbox.spawn(
    node(
      "process.stderr.write('Name? '); process.stdin.once('data', (name) => { console.log('Hello ' + name); process.exit(3); })",
    ),
  );
  await running.seen(/Name\? $/);
  running.write('Ada');
  expect(await running.exited).toEqual({ code: 3, signal: null, stdout: 'Hello Ada\n', stderr: 'Name? ' });
  await expect(running.seen(/never/)).rejects.toThrow('It ended without showing');
});

test('has a terminal on demand', async () => {
  const sandbox = await stopAfter(createSandbox());
  const running = sandbox.spawn(
    node(
      "console.log(String([process.stdin.isTTY, process.stdout.columns])); process.stdin.once('data', (it) => process.exit(it.length))",
    ),
    { tty: true },
  );
  await running.seen(/^true,100/, 'stdout');
  running.write('1234\n');
  expect((await running.exited).code).toBe(5);
});
