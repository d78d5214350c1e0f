import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { expect, onTestFinished, test } from 'vitest';
import { endProcesses } from '../../../daemon/core/runs/launch/traces.js';
import { startOf } from '../../../shared/process-stat.js';

const RUN = '01936b7c-9670-7d9b-9465-e8bac7f9c54c';

/** A program that leads a group, and ignores SIGTERM. */
async function group(): Promise<number> {
  const script = "trap '' TERM; echo ready; exec sleep 600";
  const child = spawn('sh', ['-c', script], { detached: true, stdio: ['ignore', 'pipe', 'ignore'] });
  const { pid = 0 } = child;
  onTestFinished(() => void isThere(-pid, 'SIGKILL'));
  await once(createInterface(child.stdout), 'line');
  return pid;
}

function isThere(pid: number, signal: NodeJS.Signals | 0 = 0): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
}

test('where processes cannot be looked for, the group of a program is ended, also what ignores SIGTERM', async () => {
  const pid = await group();
  const traces = { runIds: new Set([RUN]), leaders: [{ pid, start: startOf(pid) ?? '' }] };
  expect(isThere(-pid)).toBe(true);
  expect(await endProcesses(traces, () => 100, 'darwin')).toBe(true);
  expect(isThere(-pid)).toBe(false);
  expect(await endProcesses(traces, () => 100, 'darwin')).toBe(true);
});
