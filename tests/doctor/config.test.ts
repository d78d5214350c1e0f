import { chmodSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { doctor, found } from '../support/start/doctor.js';
import { createSandbox } from '../support/start/sandbox.js';
import { stopAfter } from '../support/start/stop-after.js';

test('config.toml: none, valid, with a mistake, unreadable, one that others may change or read', async () => {
  const sandbox = await stopAfter(createSandbox());
  const file = path.join(sandbox.home, 'config', 'config.toml');
  const look = () => found(sandbox, 'config');
  expect(await look()).toEqual([
    { state: 'ok', sentence: `There is no ${file}, so every setting is the usual one.`, cure: null },
  ]);

  mkdirSync(path.dirname(file), { mode: 0o700 });
  writeFileSync(file, '[refresh]\nidle_days = 0\n', { mode: 0o644 });
  expect(await look()).toEqual([{ state: 'ok', sentence: `${file} is valid.`, cure: null }]);

  writeFileSync(file, '[refresh]\nidle_dayz = 0\n');
  expect(await look()).toEqual([
    {
      state: 'fault',
      sentence: `${file}, line 2: refresh.idle_dayz is not known.`,
      cure: 'Correct config.toml, then try again.',
    },
  ]);

  chmodSync(file, 0o666);
  expect(await look()).toEqual([
    {
      state: 'fault',
      sentence: `${file} may be changed by other users.`,
      cure: `Close it: chmod go-w '${file}'`,
    },
  ]);

  writeFileSync(file, '[network]\nproxy = "http://ada:canary-of-a-proxy@127.0.0.1:3128"\n');
  chmodSync(file, 0o644);
  const { stdout, findings, code } = await doctor(sandbox, { args: ['config'] });
  expect(findings.filter(({ name }) => name === 'config')).toMatchObject([
    {
      state: 'warning',
      sentence: `${file} has the password of a proxy in it, and other users may read it.`,
      cure: `Close it: chmod 600 '${file}', or: sigilforge doctor --fix`,
    },
  ]);
  expect(stdout).not.toContain('canary-of-a-proxy');
  expect(code).toBe(1);

  const mended = await doctor(sandbox, { args: ['config', '--fix'] });
  expect(mended.findings.filter(({ name }) => name === 'config')).toEqual([
    {
      name: 'config',
      state: 'ok',
      sentence: `${file} is valid.`,
      cure: null,
      fixed: [`${file} was closed to other users.`],
    },
  ]);
  expect(statSync(file).mode & 0o777).toBe(0o600);
}, 120_000);
