import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { test as base, describe, expect, onTestFinished } from 'vitest';
import { isRunning } from '../support/start/processes.js';
import { createSandbox, type Sandbox } from '../support/start/sandbox.js';

// The quickstart as a person runs it. Its own homes are made in the sandbox, where what is left of them would be seen.

const test = base.extend<{ sandbox: Sandbox }>({
  // biome-ignore lint/correctness/noEmptyPattern: vitest takes the names of fixtures from here.
  sandbox: async ({}, use) => {
    const sandbox = await createSandbox();
    await use(sandbox);
    await sandbox.stop();
  },
});

const inSandbox = ({ home }: Sandbox) => ({ input: '', env: { TMPDIR: home } });

async function expectNothingLeft({ home }: Sandbox, output: string): Promise<void> {
  const [, folder = ''] = /happens in (\S+),/.exec(output) ?? [];
  expect(folder.startsWith(`${home}/sf-`)).toBe(true);
  expect(existsSync(folder)).toBe(false);
  expect((await readdir(home)).filter((name) => name.startsWith('sf-'))).toEqual([]);
  const [, pid] = /pid\s+(\d+)/.exec(output) ?? [];
  if (pid !== undefined) expect(await isRunning(Number(pid))).toBe(false);
}

describe('sigilforge quickstart', { timeout: 90_000 }, () => {
  test('tells the whole story, and leaves nothing behind', async ({ sandbox }) => {
    const { stdout, stderr, code } = await sandbox.run(['quickstart'], inSandbox(sandbox));
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain('$ sigilforge add-account demo ada\n');
    expect(stdout).toContain('$ sigilforge get-token demo ada & sigilforge get-token demo ada & wait\n');
    expect(stdout).toContain('→ The provider was sent its refresh token once.');
    expect(stdout).toContain(' characters: [redacted]\n');
    expect(stdout).toMatch(/\n {5}sigilforge add-account github work\n$/);
    expect(stdout).not.toMatch(/[\w-]{24,}/);
    await expectNothingLeft(sandbox, stdout);
  });

  test.each(['SIGINT', 'SIGTERM'] as const)('cleans up after %s', async (signal) => {
    const sandbox = await createSandbox();
    onTestFinished(() => sandbox.stop());
    const running = sandbox.start(['quickstart'], inSandbox(sandbox));
    await running.seen(/pid\s+\d+\n[\s\S]*\$ sigilforge get-token/, 'stdout');
    running.child.kill(signal);
    const { code, stdout, stderr } = await running.exited;
    expect(code).toBe(8);
    expect(stderr).toContain('The quickstart was interrupted; everything is cleaned up.');
    await expectNothingLeft(sandbox, stdout);
  });

  test('lets a person press the button', async ({ sandbox }) => {
    const running = sandbox.start(['quickstart', '--browser'], {
      tty: true,
      env: { TMPDIR: sandbox.home, TERM: 'dumb' },
    });
    const [address = ''] = await running.seen(/http:\/\/127\.0\.0\.1:\d+\/authorize\?\S+(?=\s)/, 'stdout');
    const page = await (await fetch(address)).text();
    expect(page).toContain('<button>Sign in as ada</button>');
    const [, request = ''] = /name="request" value="([\w-]+)"/.exec(page) ?? [];
    const body = new URLSearchParams({ request });
    expect((await fetch(new URL('/authorize', address), { method: 'POST', body })).ok).toBe(true);
    const { code, stdout } = await running.exited;
    expect(stdout).toContain('That is the main job');
    expect(code).toBe(0);
    await expectNothingLeft(sandbox, stdout);
  });

  test('takes no --json', async ({ sandbox }) => {
    const { code, stderr } = await sandbox.run(['quickstart', '--json'], inSandbox(sandbox));
    expect(code).toBe(2);
    expect(JSON.parse(stderr).error.message).toContain('takes no --json');
  });
});
