import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { found } from '../support/start/doctor.js';
import { createSandbox } from '../support/start/sandbox.js';
import { stopAfter } from '../support/start/stop-after.js';

test('vals: not enabled, enabled without a program, and with one that answers, fails, hangs or cannot run', async () => {
  const sandbox = await stopAfter(createSandbox());
  const folder = path.join(sandbox.home, 'bin');
  const program = path.join(folder, 'vals');
  const look = () =>
    found(sandbox, 'vals', { env: { PATH: [folder, process.env['PATH']].join(path.delimiter) } });
  const cure = `Run it by hand to see what is wrong: ${program} version`;
  mkdirSync(folder);
  expect(await look()).toEqual([
    { state: 'ok', sentence: 'References to vals are not enabled.', cure: null },
  ]);

  mkdirSync(path.join(sandbox.home, 'config'), { mode: 0o700 });
  writeFileSync(path.join(sandbox.home, 'config', 'config.toml'), '[vals]\nenabled = true\n', {
    mode: 0o600,
  });
  expect(await look()).toEqual([
    {
      state: 'fault',
      sentence: 'References to vals are enabled in config.toml, and there is no program vals on PATH.',
      cure: expect.stringContaining('sigilforge daemon restart'),
    },
  ]);

  const write = (text: string, mode = 0o755) => {
    writeFileSync(program, text);
    chmodSync(program, mode);
  };
  write('#!/bin/sh\n[ "$*" = version ] && echo "Version: 0.41.2 (a1b2c3)"\n');
  expect(await look()).toEqual([{ state: 'ok', sentence: `vals 0.41.2 (${program}).`, cure: null }]);

  write('#!/bin/sh\necho canary-of-vals 1.2.3; exit 3\n');
  expect(await look()).toEqual([
    { state: 'warning', sentence: `${program} does not say its version.`, cure },
  ]);

  write('#!/bin/sh\nexec sleep 600\n');
  expect(await look()).toEqual([
    { state: 'warning', sentence: `${program} did not say its version in time.`, cure },
  ]);

  write('no program at all', 0o644);
  expect(await look()).toEqual([{ state: 'fault', sentence: `${program} cannot be started.`, cure }]);
}, 120_000);
