import { spawnSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Page } from 'playwright-core';
import { beforeEach, describe, expect, test } from 'vitest';
import { chromiumInstalled, signInWithBrowser, withBrowser } from '../support/provider/browser.js';
import { type OpenIdProvider, startOpenIdProvider } from '../support/provider/openid-provider.js';
import { signIn } from '../support/provider/person.js';
import type { Running } from '../support/start/running.js';
import { createSandbox, type Sandbox } from '../support/start/sandbox.js';
import { stopAfter } from '../support/start/stop-after.js';
import { listenOnLoopback, readBody } from '../support/wire/loopback.js';

// The built programs, a real provider and a real browser: what a person does, from the sign-in to a token that works.

/** Whether `script` of util-linux is here, which makes the terminals. */
const hasTerminals = spawnSync('script', ['--version']).status === 0;

const ADD_ACCOUNT = ['add-account', 'demo', 'ada'];

let provider: OpenIdProvider;
let sandbox: Sandbox;

beforeEach(async () => {
  provider = await startOpenIdProvider();
  sandbox = await createSandbox();
  await sandbox.startDaemon();
  const { code } = await sandbox.run([
    ...['provider', 'set', 'demo', '--issuer', provider.issuer],
    ...['--client-id', provider.clients.native.clientId, '--scopes', 'openid,offline_access'],
  ]);
  expect(code).toBe(0);
  return async () => {
    await sandbox.stop();
    await provider.stop();
  };
});

test.skipIf(!hasTerminals)('on a terminal the CLI opens the browser that the person has', async () => {
  const opened = await fakeBrowser();
  const running = sandbox.start(ADD_ACCOUNT, { tty: true, env: { BROWSER: opened.program, NO_COLOR: '1' } });
  const address = await opened.address;
  const [shown] = await running.seen(/^http:\S+$/m, 'stdout');
  expect(address).toBe(shown);
  await signIn(address);
  await expect(running.exited).resolves.toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/demo\/ada\r\n/),
  });
});

// Where Chromium is not installed there is no browser to drive.
describe.skipIf(!chromiumInstalled())('through Chromium', () => {
  test('login and consent end in a token that the provider calls good', async () => {
    const running = sandbox.start([...ADD_ACCOUNT, '--no-browser']);
    await withBrowser(async (page) => {
      await signInWithBrowser(page, await addressOf(running), 'ada');
      await expect(lastPage(page)).resolves.toEqual({
        title: 'Signed in to demo · Sigilforge',
        heading: 'Signed in to demo',
        text: 'You can close this window and return to the terminal.',
      });
    });
    await expect(running.exited).resolves.toMatchObject({ code: 0, stdout: 'demo/ada\n' });

    const { code, stdout, stderr } = await sandbox.run(['get-token', 'demo', 'ada']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(await provider.introspect(stdout.trim())).toMatchObject({ active: true, sub: 'ada' });
  });

  test('a person who says no is told what to do next, in the browser and on the terminal', async () => {
    const running = sandbox.start([...ADD_ACCOUNT, '--no-browser']);
    await withBrowser(async (page) => {
      await denyInBrowser(page, await addressOf(running));
      await expect(lastPage(page)).resolves.toEqual({
        title: 'Not signed in to demo · Sigilforge',
        heading: 'Not signed in to demo',
        text: expect.stringMatching(
          /^The sign-in was refused in the browser: End-User aborted interaction\. Start again, and approve it there\./,
        ),
      });
    });
    const { code, stdout, stderr } = await running.exited;
    expect({ code, stdout }).toEqual({ code: 7, stdout: '' });
    expect(stderr).toContain(
      'sigilforge: The sign-in was refused in the browser: End-User aborted interaction.\n  hint: Start again',
    );
    await expect(sandbox.run(['get-account', 'demo', 'ada'])).resolves.toMatchObject({ code: 3 });
  });
});

async function addressOf(running: Running): Promise<string> {
  const [address] = await running.seen(/^http:\S+$/m);
  return address;
}

async function denyInBrowser(page: Page, authorizationUrl: string): Promise<void> {
  const { origin } = new URL(authorizationUrl);
  await page.goto(authorizationUrl);
  await page.fill('input[name=login]', 'ada');
  await page.fill('input[name=password]', 'a password');
  await page.click('button[type=submit]');
  await page.locator('input[name=prompt][value=consent]').waitFor({ state: 'attached' });
  await page.click('text=Cancel');
  await page.waitForURL((url) => url.origin !== origin);
}

async function lastPage(page: Page): Promise<{ title: string; heading: string | null; text: string | null }> {
  const [heading, text] = await Promise.all([page.textContent('h1'), page.textContent('p')]);
  return { title: await page.title(), heading, text };
}

/** A program for `BROWSER` that tells the address it was given, and the address once it was told. */
async function fakeBrowser(): Promise<{ program: string; address: Promise<string> }> {
  let tell: (address: string) => void = () => {};
  const address = new Promise<string>((resolve) => {
    tell = resolve;
  });
  const server = await stopAfter(
    listenOnLoopback(async (request, response) => {
      tell(await readBody(request));
      response.end();
    }),
  );
  const program = path.join(sandbox.home, 'browser');
  const post = `fetch('${server.url}', { method: 'POST', body: process.argv[1] })`;
  await writeFile(program, `#!/bin/sh\nexec '${process.execPath}' -e "${post}" "$1"\n`, { mode: 0o755 });
  return { program, address };
}
