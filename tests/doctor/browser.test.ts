import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { found } from '../support/start/doctor.js';
import { createSandbox, type Sandbox } from '../support/start/sandbox.js';

/** Each state is a run of the whole program. */
const SLOW = { timeout: 90_000 };

describe('doctor on the browser', SLOW, () => {
  let sandbox: Sandbox;
  let folder: string;
  const seen = (env: NodeJS.ProcessEnv) => found(sandbox, 'browser', { env: { PATH: folder, ...env } });
  const none = (pattern: RegExp) => [
    {
      state: 'warning',
      sentence: expect.stringMatching(pattern),
      cure: expect.stringMatching(/--flow device_code.*--no-browser/),
    },
  ];

  beforeAll(async () => {
    sandbox = await createSandbox();
    folder = join(sandbox.home, 'programs');
    mkdirSync(folder);
  });
  afterAll(() => sandbox.stop());

  test('that is there, is not, or is on the other side of SSH', async () => {
    const display = { DISPLAY: ':7' };
    expect(await seen(display)).toEqual(
      none(/^There is a display, and no browser on PATH.*so a sign-in only/),
    );
    symlinkSync('/bin/true', join(folder, 'firefox'));
    expect(await seen(display)).toEqual([
      { state: 'ok', sentence: 'A sign-in opens a browser.', cure: null },
    ]);
    expect(await seen({})).toEqual(none(/^There is no display/));
    expect(await seen({ BROWSER: '/opt/my-browser' })).toEqual([
      { state: 'ok', sentence: 'A sign-in opens the browser that BROWSER names (my-browser).', cure: null },
    ]);
    expect(await seen({ SSH_CONNECTION: '192.0.2.1 1 192.0.2.2 22' })).toEqual(
      none(/^This is a login over SSH without a display/),
    );
    expect(await seen({ SSH_CONNECTION: '192.0.2.1 1 192.0.2.2 22', ...display })).toEqual([
      { state: 'ok', sentence: 'A sign-in opens a browser.', cure: null },
    ]);
    expect(await seen({ FLATPAK_ID: 'org.example.Editor' })).toEqual(
      none(/^There is no display in this sandbox/),
    );
    expect(await seen({ WSL_DISTRO_NAME: 'Debian' })).toEqual([
      { state: 'ok', sentence: "A sign-in opens Windows' browser, from WSL.", cure: null },
    ]);
  });
});
