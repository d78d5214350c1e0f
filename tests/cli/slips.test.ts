import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type StubDaemon, startStubDaemon } from '../support/start/stub-daemon.js';

// A mistake of the person who types is never called a bug of Sigilforge, and the hint says how to mend it.

let daemon: StubDaemon;

beforeAll(async () => {
  daemon = await startStubDaemon({});
});

afterAll(() => daemon.stop());

async function expectSlip(end: Promise<{ code: number | null; stdout: string; stderr: string }>) {
  const { code, stdout, stderr } = await end;
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  const { error } = JSON.parse(stderr);
  expect(error.kind).toBe('invalid_params');
  return error;
}

/** Runs a shell command in which `$CLI` is the CLI. */
function shell(command: string) {
  const program = path.resolve('dist/sigilforge.cjs');
  const env = { CLI: `${process.execPath} ${program}`, SIGILFORGE_SOCKET: undefined };
  return daemon.spawn(['sh', '-c', command], { input: '', env }).exited;
}

describe('inject -o', () => {
  const inject = (file: string) => daemon.run(['inject', '-o', file, '--json'], { input: 'text' });

  test('into a folder that does not exist', async () => {
    const file = path.join(daemon.home, 'none', 'y');
    expect(await expectSlip(inject(file))).toMatchObject({
      message: `${file} cannot be written (ENOENT).`,
      hint: 'Create its folder first, or choose another path after -o.',
    });
  });

  test('onto a folder', async () => {
    const folder = path.join(daemon.home, 'folder');
    await mkdir(folder);
    expect(await expectSlip(inject(folder))).toMatchObject({
      hint: 'This is a folder. Name a file in it after -o.',
    });
  });

  test('through a file', async () => {
    const file = path.join(daemon.home, 'file');
    await writeFile(file, '');
    expect(await expectSlip(inject(path.join(file, 'y')))).toMatchObject({
      message: expect.stringContaining('(ENOTDIR)'),
    });
  });
});

describe('standard input that is a folder', () => {
  test.each([
    ['secret set k', 'Secret: standard input is a folder.'],
    ['vault import backup', 'Passphrase of the file: standard input is a folder.'],
    ['inject', 'The template: standard input is a folder.'],
  ])('%s', async (command, message) => {
    expect(await expectSlip(shell(`$CLI ${command} --json < /`))).toMatchObject({
      message,
      hint: expect.stringContaining('pipe the value in'),
    });
  });
});

test('a file of a folder that no longer exists', async () => {
  const command = 'mkdir gone && cd gone && rmdir ../gone && echo phrase | $CLI vault export backup --json';
  expect(await expectSlip(shell(command))).toMatchObject({
    message: 'The current folder no longer exists.',
    hint: 'Change to another folder, then try again.',
  });
});
