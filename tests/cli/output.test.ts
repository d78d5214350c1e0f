import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { account } from '../support/samples.js';
import type { RunResult } from '../support/start/running.js';
import { type StubDaemon, startStubDaemon } from '../support/start/stub-daemon.js';

const program = fileURLToPath(new URL('../../dist/sigilforge.cjs', import.meta.url));

let daemon: StubDaemon;

beforeAll(async () => {
  daemon = await startStubDaemon({ list_accounts: { accounts: Array(5000).fill(account), cursor: null } });
});

afterAll(() => daemon.stop());

/** Runs a shell command in which `"$0" "$1"` is the CLI. */
function shell(command: string): Promise<RunResult> {
  const args = ['-c', command, process.execPath, program];
  return daemon.spawn(['sh', ...args], { input: '' }).exited;
}

test('a reader that goes away ends it quietly', async () => {
  const { stdout, stderr } = await shell('{ "$0" "$1" list-accounts; echo "status $?" >&2; } | head -n 1');
  expect(stdout.split('\n')).toHaveLength(2);
  expect(stderr).toBe('status 0\n');
});

test('standard error may have lost its reader too', async () => {
  const { stdout } = await shell(
    '{ { "$0" "$1" no-such-command 2>&1 >&4; echo "status $?" >&4; } | true; } 4>&1',
  );
  expect(stdout).toBe('status 2\n');
});

test('a reader gets everything, however much it is', async () => {
  const { stdout } = await shell('"$0" "$1" list-accounts --json | wc -c');
  expect(Number(stdout)).toBe(
    JSON.stringify({ accounts: Array(5000).fill(account), cursor: null }).length + 1,
  );
});

test.skipIf(!existsSync('/dev/full'))('a full disk is an error', async () => {
  const { code, stderr } = await shell('"$0" "$1" list-accounts > /dev/full');
  expect(code).toBe(1);
  expect(stderr).toContain('Standard output cannot be written (ENOSPC).');
});
