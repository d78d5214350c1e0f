import { mkdirSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { found } from '../support/start/doctor.js';
import { createSandbox } from '../support/start/sandbox.js';
import { stopAfter } from '../support/start/stop-after.js';

const HOUR_MS = 3_600_000;

test('a log: none, without errors, with errors of the last day, and too long', async () => {
  const sandbox = await stopAfter(createSandbox());
  const file = path.join(sandbox.home, 'state', 'sigilforged.log');
  const look = () => found(sandbox, 'log');
  expect(await look()).toEqual([]);

  mkdirSync(path.dirname(file), { mode: 0o700 });
  const ago = (hours: number) => new Date(Date.now() - hours * HOUR_MS).toISOString();
  const line = (level: number, time: string, event: string, fields = {}) =>
    `${JSON.stringify({ level, time, pid: 1, ...fields, event })}\n`;
  const old = line(50, ago(30), 'call.failed', { kind: 'internal_error' });
  const warning = line(40, ago(1), 'refresh.failed');
  writeFileSync(file, `${old}${warning}no JSON\n`, { mode: 0o600 });
  expect(await look()).toEqual([
    { state: 'ok', sentence: `${file} has no error of the last day.`, cure: null },
  ]);

  const last = ago(2);
  const first = line(50, ago(5), 'daemon.fault', { kind: 'internal_error' });
  writeFileSync(file, `${old}${first}${line(50, last, 'call.failed', { kind: 'internal_error' })}${warning}`);
  const errors = {
    state: 'warning',
    sentence: `${file} has 2 errors of the last day, the latest at ${last}: call.failed (internal_error).`,
    cure: 'See what was before it: sigilforge daemon logs',
  };
  expect(await look()).toEqual([errors]);

  truncateSync(file, 12 * 1024 * 1024);
  expect(await look()).toEqual([
    {
      state: 'warning',
      sentence: `${file} has 12 MiB, so it could not be renamed when it was full.`,
      cure: `Move it away: mv '${file}' '${file}.old', then: sigilforge daemon restart`,
    },
  ]);
}, 120_000);
