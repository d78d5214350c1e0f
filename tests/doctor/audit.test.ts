import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { found } from '../support/start/doctor.js';
import { createSandbox, program, type Sandbox } from '../support/start/sandbox.js';
import { stopAfter } from '../support/start/stop-after.js';
import { alterAudit } from '../support/stored.js';

const UNKNOWN = {
  state: 'ok',
  sentence:
    'The record of what was handed out is compared only while the vault is open: sigilforge audit verify',
  cure: null,
};

/** A home with a secret that was read once. */
async function homeWithRecord(): Promise<Sandbox> {
  const sandbox = await stopAfter(createSandbox());
  mkdirSync(path.join(sandbox.home, 'config'), { mode: 0o700 });
  writeFileSync(path.join(sandbox.home, 'config', 'config.toml'), '[vault]\nkey = "key_file"\n');
  await sandbox.run(['--direct', 'secret', 'set', 'a'], { input: 'a value' });
  return sandbox;
}

const read = (sandbox: Sandbox, ...args: string[]) => sandbox.run([...args, 'secret', 'get', 'a']);

test('a record: none, one that holds, of a closed vault, one that another program has changed', async () => {
  const sandbox = await homeWithRecord();
  const look = () => found(sandbox, 'audit');
  expect(await look()).toEqual([{ state: 'ok', sentence: 'Nothing was handed out yet.', cure: null }]);
  await read(sandbox, '--direct');
  const holds = {
    state: 'ok',
    sentence: expect.stringMatching(
      /^The \d rows of what was handed out since [\dT:.-]+Z are as they were written\.$/,
    ),
    cure: null,
  };
  expect(await look()).toEqual([holds]);

  await sandbox.startDaemon();
  expect(await look()).toEqual([holds]);
  await sandbox.run(['vault', 'lock']);
  expect(await look()).toEqual([UNKNOWN]);
  await sandbox.run(['vault', 'unlock']);

  alterAudit(sandbox.home, 1, 'reference');
  const changed = {
    state: 'fault',
    sentence: 'The record of what was handed out is not as it was written, from row 1 on.',
    cure: 'Another program has changed the database. See which row: sigilforge audit verify',
  };
  expect(await look()).toEqual([changed]);
  await sandbox.run(['daemon', 'stop']);
  expect(await look()).toEqual([changed]);
}, 120_000);

test('rows that are older than they should be are named while no daemon removes them', async () => {
  const sandbox = await homeWithRecord();
  await read(sandbox, '--direct');
  const later = path.join(sandbox.home, 'later.cjs');
  const days = 100 * 86_400_000;
  writeFileSync(later, `const { now } = Date; Date.now = () => now() + ${days};\n`);
  const [node = '', file = ''] = program('sigilforge');
  const options = { under: ['env'], program: [node, '--require', later, file] };
  expect(await found(sandbox, 'audit', options)).toEqual([
    {
      state: 'warning',
      sentence: expect.stringMatching(
        /^The record has rows from [\dT:.-]+Z, older than the 90 days of audit\.keep_days\.$/,
      ),
      cure: 'The daemon removes them while the vault is open: sigilforge daemon start',
    },
  ]);
}, 120_000);
