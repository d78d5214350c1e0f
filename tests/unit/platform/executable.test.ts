import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { executableOf } from '../../../daemon/core/platform/executable.js';
import { startOf } from '../../../shared/process-stat.js';
import { endProcess } from '../../support/start/processes.js';

const isLinux = process.platform === 'linux';
const known = (file: string) => (isLinux ? file : null);

/** A copy of `sleep`, and a process that runs it. */
async function sleeper(): Promise<{ file: string; pid: number; started: string | null }> {
  const folder = await mkdtemp(path.join(realpathSync(tmpdir()), 'sf-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const file = path.join(folder, 'sleeps');
  copyFileSync('/bin/sleep', file);
  const child = spawn(file, ['600']);
  await once(child, 'spawn');
  const pid = child.pid ?? 0;
  onTestFinished(() => endProcess(pid));
  return { file, pid, started: startOf(pid) };
}

test('the program of a process is the file that it runs, also after that was removed or replaced', async () => {
  const { file, pid, started } = await sleeper();
  expect(executableOf(pid, started)).toBe(known(file));
  rmSync(file);
  expect(executableOf(pid, started)).toBe(known(file));
  writeFileSync(file, 'another one');
  expect(executableOf(pid, started)).toBe(known(file));
});

test('a process that began at another time is another one, and one that is gone has no program', async () => {
  const { pid, started } = await sleeper();
  expect(executableOf(pid, `${Number(started) - 1}`)).toBeNull();
  expect(executableOf(pid, null)).toBeNull();
  await endProcess(pid);
  expect(executableOf(pid, started)).toBeNull();
});
