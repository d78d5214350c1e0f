import { existsSync, readdirSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { SigilforgeError } from '../../shared/errors.js';
import { account, flow, provider } from '../support/samples.js';
import type { Running } from '../support/start/running.js';
import { createSandbox, program } from '../support/start/sandbox.js';
import { stopAfter } from '../support/start/stop-after.js';
import { type Answers, type StubDaemon, startStubDaemon } from '../support/start/stub-daemon.js';
import { hasPython, onTerminal } from '../support/start/terminal.js';

// What a person sees of a sign-in on terminals of several kinds and sizes, where there is a browser and where there is none.

const stop: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const one of stop.splice(0)) await one();
});

async function start(answers: Answers): Promise<StubDaemon> {
  const daemon = await startStubDaemon({ cancel_flow: { cancelled: true }, ...answers });
  stop.push(daemon.stop);
  return daemon;
}

const SSH = { SSH_CONNECTION: '192.0.2.1 1 192.0.2.2 22' };
const inMinutes = (minutes: number): string => new Date(Date.now() + minutes * 60_000).toISOString();
const query = 'scope=repo+read%3Aorg+gist&state=abc&redirect_uri=http%3A%2F%2F127.0.0.1%3A41234%2Fcallback';
const byBrowser = () => ({
  ...flow,
  message: 'Sign in to Example in the browser.',
  authorization_url: `https://id.example.org/authorize?${query}`,
  expires_at: inMinutes(10),
});
const byDevice = () => ({
  ...flow,
  flow: 'device_code' as const,
  message: 'Sign in to Example with the code WDJB-MJHT.',
  user_code: 'WDJB-MJHT',
  verification_uri: 'https://id.example.org/device',
  verification_uri_complete: 'https://id.example.org/device?user_code=WDJB-MJHT',
  expires_at: inMinutes(15),
});
const complete = { state: 'complete' as const, account, notices: [] };
const forEver = (): Promise<never> => new Promise(() => undefined);
const either: Answers['add_account'] = (params) => (params.flow === 'device_code' ? byDevice() : byBrowser());
const example = {
  ...provider,
  id: 'github',
  name: 'Example',
  flows: ['authorization_code' as const, 'device_code' as const],
  client_secret: 'optional' as const,
  device_authorization_endpoint: 'https://id.example.org/device/code',
};
const ARGS = ['add-account', 'github', 'work'];

/** The CLI on a terminal of this size. */
function onSize(
  daemon: Pick<StubDaemon, 'spawn'>,
  [columns, rows]: readonly [number, number],
  args: readonly string[] = ARGS,
  env: NodeJS.ProcessEnv = {},
): Running {
  const sized = `stty cols ${columns} rows ${rows} && exec "$@"`;
  const command = onTerminal(['sh', '-c', sized, 'sh', ...program('sigilforge'), ...args]);
  return daemon.spawn(command, { env: { LANG: 'C.UTF-8', ...env } });
}

/** Presses Ctrl-C, once the program reads the keyboard. */
const ctrlC = (running: Running): void => running.write(`type ${Buffer.from('\u0003').toString('hex')}\n`);

async function shown(running: Running): Promise<string> {
  return (await running.exited).stdout.replaceAll('\r\n', '\n');
}

const flows = ({ calls }: StubDaemon): unknown[] =>
  calls.flatMap(({ method, params }) =>
    method === 'add_account' ? [(params as { flow?: string }).flow ?? 'usual'] : [],
  );

describe.skipIf(!hasPython)('where no browser can be opened', () => {
  test.each([
    ['over SSH', [], { ...SSH, BROWSER: 'firefox' }],
    ['with BROWSER=none', [], { BROWSER: 'none' }],
    ['with --no-browser', ['--no-browser'], { BROWSER: '/bin/true-browser' }],
  ] as const)('a code for another device is preferred %s', async (_, options, env) => {
    const daemon = await start({
      add_account: either,
      wait_flow: complete,
      get_provider: { provider: example },
    });
    const screen = await shown(onSize(daemon, [80, 40], [...ARGS, ...options], env));
    expect(flows(daemon)).toEqual(['device_code']);
    expect(screen).toContain('│    WDJB-MJHT    │');
  });

  test.each([
    ['where it needs a client of another kind', { ...example, client_secret: 'required' as const }],
    ['where the provider has none', { ...example, device_authorization_endpoint: null }],
  ])('the usual way is kept %s', async (_, known) => {
    const daemon = await start({
      add_account: either,
      wait_flow: complete,
      get_provider: { provider: known },
    });
    const screen = await shown(onSize(daemon, [80, 40], ARGS, SSH));
    expect(flows(daemon)).toEqual(['usual']);
    expect(screen).toContain('This is a login over SSH without a display: no browser is opened.\n');
  });

  test('the usual way is taken where the provider refuses the code to this client', async () => {
    const daemon = await start({
      add_account: ({ flow: kind }) => {
        if (kind !== 'device_code') return byBrowser();
        throw new SigilforgeError('config', 'unauthorized_client');
      },
      wait_flow: complete,
      get_provider: { provider: example },
    });
    const screen = await shown(onSize(daemon, [80, 40], ARGS, SSH));
    expect(flows(daemon)).toEqual(['device_code', 'usual']);
    expect(screen).toContain('Example gives this client no code for another device.');
    expect(screen).toContain('https://id.example.org/authorize?');
  });

  test('--flow always wins, and so does a browser', async () => {
    const daemon = await start({
      add_account: either,
      wait_flow: complete,
      get_provider: { provider: example },
    });
    await onSize(daemon, [80, 40], [...ARGS, '--flow', 'authorization_code'], SSH).exited;
    await onSize(daemon, [80, 40], ARGS, { BROWSER: '/bin/true-browser' }).exited;
    expect(flows(daemon)).toEqual(['authorization_code', 'usual']);
  });
});

describe.skipIf(!hasPython)('what is shown', () => {
  const sizes: [size: [number, number], env: NodeJS.ProcessEnv, isDrawn: boolean][] = [
    [[100, 40], {}, true],
    [[80, 24], {}, false],
    [[30, 40], {}, false],
    [[100, 40], { NO_COLOR: '1' }, false],
    [[100, 40], { LC_ALL: 'C' }, false],
    [[100, 40], { TERM: 'dumb' }, false],
  ];
  test.each(sizes)('on %j with %j a picture of the address: %j', async (size, env, isDrawn) => {
    const daemon = await start({ add_account: byDevice(), wait_flow: complete });
    const screen = await shown(onSize(daemon, size, ARGS, env));
    expect(/[█▀▄]{8}/.test(screen)).toBe(isDrawn);
    expect(screen).toContain('WDJB-MJHT');
    expect(screen.split('\n').length).toBeLessThanOrEqual(size[1]);
    if (env['LC_ALL']) expect(screen).not.toMatch(/[─│╭█]/);
  });

  test('an address that is too long for a code does not stop the sign-in', async () => {
    const verification_uri_complete = `https://id.example.org/device?user_code=${'a'.repeat(4000)}`;
    const daemon = await start({
      add_account: { ...byDevice(), verification_uri_complete },
      wait_flow: complete,
    });
    const screen = await shown(onSize(daemon, [150, 100]));
    expect(screen).toContain('WDJB-MJHT    │');
    expect(screen).not.toMatch(/[█▀▄]/);
  });

  test.each([byBrowser, byDevice])(
    'a dumb terminal gets no sequences, and the time in words',
    async (begun) => {
      const daemon = await start({ add_account: begun(), wait_flow: complete });
      const screen = await shown(onSize(daemon, [40, 24], ARGS, { TERM: 'dumb' }));
      expect(screen).not.toContain('\u001b');
      expect(screen).toMatch(/^You have 1[05] minutes\.$/m);
      expect(screen).toContain('github/work\nSigned in: github/work. Next:\n');
    },
  );

  test('the scopes, wrapped, and a clock that runs down below the address', async () => {
    const scopes = Array.from({ length: 12 }, (_, index) => `scope-${index}`);
    const daemon = await start({
      add_account: { ...byBrowser(), scopes },
      wait_flow: forEver,
    });
    const running = onSize(daemon, [40, 24]);
    await running.seen(/Waiting for you to sign in… 9:5\d lef/, 'stdout');
    await running.seen(/Waiting for you to sign in… 9:5[0-8]/, 'stdout');
    ctrlC(running);
    const screen = await shown(running);
    const begins = screen.indexOf('Asking for: scope-0, ');
    const asked = screen.slice(begins, screen.indexOf('There is no display')).trimEnd();
    expect(asked.replaceAll('\n', ' ')).toBe(`Asking for: ${scopes.join(', ')}`);
    expect(Math.max(...asked.split('\n').map((line) => line.length))).toBeLessThanOrEqual(40);
  });

  test('in a pipe the scopes and the time are words, and --quiet leaves them out', async () => {
    const daemon = await start({
      add_account: { ...byDevice(), scopes: ['repo', 'gist'] },
      wait_flow: complete,
      get_provider: { provider: example },
    });
    const { stdout, stderr } = await daemon.run(ARGS);
    expect(stdout).toBe('github/work\n');
    expect(stderr).toContain('Asking for: repo, gist\nYou have 15 minutes.\n');
    expect(stderr).not.toContain('Next');
    const quiet = await daemon.run([...ARGS, '--quiet']);
    expect(quiet.stderr).not.toMatch(/Asking|You have/);
  });

  test('the next command stands behind the account', async () => {
    const robot = { ...account, service: '3d-shop', account: 'me', kind: 'api_key' as const };
    const daemon = await start({
      add_account: ({ flow: kind }) => (kind ? { ...flow, flow_id: null, account: robot } : byBrowser()),
      wait_flow: complete,
    });
    expect(await shown(onSize(daemon, [80, 24]))).toMatch(
      /github\/work\nSigned in: github\/work\. Next:\n {2}sigilforge get-token github work\n {2}sigilforge exec --env GITHUB_TOKEN=auth:\/\/github\/work\/token -- COMMAND\n$/,
    );
    const end = await daemon.run(['add-account', '3d-shop', 'me', '--api-key'], { input: 'key\n' });
    expect(end).toMatchObject({ stdout: '3d-shop/me\n', stderr: '' });
  });
});

describe.skipIf(!hasPython)('the code on the clipboard', () => {
  /** A stand-in for a program that needs a display: it says what came on its standard input, and its arguments. */
  async function withTool(name: string, status = 0) {
    const daemon = await start({ add_account: byDevice(), wait_flow: complete });
    const kept = path.join(daemon.home, 'kept');
    const script = `#!/bin/sh\necho "$@" > '${kept}'\ncat >> '${kept}'\nexit ${status}\n`;
    await writeFile(path.join(daemon.home, name), script, { mode: 0o755 });
    const env = { PATH: `${daemon.home}:/usr/bin:/bin`, BROWSER: 'none' };
    return { daemon, kept, env };
  }

  test.each([
    ['xclip', { DISPLAY: ':77' }, '-selection clipboard'],
    ['wl-copy', { WAYLAND_DISPLAY: 'w' }, ''],
  ])('by %s, on its standard input', async (name, display, args) => {
    const { daemon, kept, env } = await withTool(name);
    const screen = await shown(onSize(daemon, [80, 40], ARGS, { ...env, ...display }));
    expect(screen).toContain('It is on your clipboard.\n');
    expect(await readFile(kept, 'utf8')).toBe(`${args}\nWDJB-MJHT`);
  });

  test('is not waited for where the program hangs, and does not end when asked to', async () => {
    const { daemon, env } = await withTool('wl-copy');
    const hangs =
      "#!/usr/bin/env node\nprocess.on('SIGTERM', () => undefined);\nsetInterval(() => undefined, 9e6);\n";
    await writeFile(path.join(daemon.home, 'wl-copy'), hangs);
    const PATH = `${path.dirname(process.execPath)}:${env.PATH}`;
    const screen = await shown(onSize(daemon, [80, 40], ARGS, { ...env, PATH, WAYLAND_DISPLAY: 'w' }));
    expect(screen).not.toContain('It is on your clipboard');
    expect(screen).toContain('Signed in: github/work.');
  });

  test('is not spoken of where the program fails, and not tried without a display or a person', async () => {
    const { daemon, kept, env } = await withTool('wl-copy', 1);
    const failed = await shown(onSize(daemon, [80, 40], ARGS, { ...env, WAYLAND_DISPLAY: 'w' }));
    expect(failed).not.toContain('clipboard');
    expect(existsSync(kept)).toBe(true);
    const other = await withTool('wl-copy');
    await onSize(other.daemon, [80, 40], ARGS, other.env).exited;
    await other.daemon.run(ARGS, { env: { ...other.env, WAYLAND_DISPLAY: 'w' } });
    expect(existsSync(other.kept)).toBe(false);
  });
});

describe.skipIf(!hasPython)('with a browser here', () => {
  /** A browser that writes down what it is given. */
  async function withBrowser(answers: Answers) {
    const daemon = await start(answers);
    const opened = path.join(daemon.home, 'opened');
    const named = path.join(daemon.home, 'browser');
    await writeFile(named, `#!/bin/sh\necho "$1" >> '${opened}'\n`, { mode: 0o755 });
    return { daemon, opened, env: { BROWSER: named } };
  }

  test('a pasted address is taken, too, below the clock', async () => {
    const { daemon, env } = await withBrowser({
      add_account: byBrowser(),
      wait_flow: forEver,
      complete_flow: { account, notices: [] },
    });
    const running = onSize(daemon, [80, 24], ARGS, env);
    await running.seen(
      /Opening your browser[\s\S]*paste the address[\s\S]*Waiting for you to sign in… 9:5/,
      'stdout',
    );
    const keys = 'http://127.0.0.1:41234/callback?code=1\r';
    running.write(`type ${Buffer.from(keys).toString('hex')}\n`);
    const screen = await shown(running);
    expect(screen).toContain('github/work\n');
    // Nothing stands behind the clock on its line: it was erased first.
    for (const after of screen.split(' left').slice(1)) expect(after.startsWith('\r\u001b[2K')).toBe(true);
    expect(daemon.calls.at(-1)?.params).toMatchObject({ redirect_url: keys.trim() });
  });

  test('a code is opened there, unless the person asked for another device', async () => {
    const { daemon, opened, env } = await withBrowser({ add_account: byDevice(), wait_flow: forEver });
    for (const options of [['--flow', 'device_code'], []]) {
      const running = onSize(daemon, [100, 40], [...ARGS, ...options], env);
      await running.seen(/\[\?25l.*Waiting for you to sign in… 14:5\d left/s, 'stdout');
      if (options.length === 0)
        await expect
          .poll(() => readFile(opened, 'utf8').catch(() => ''))
          .toBe('https://id.example.org/device\n');
      else expect(existsSync(opened)).toBe(false);
      ctrlC(running);
      expect(await shown(running)).toContain(
        options.length === 0 ? 'Opening your browser.' : 'Open this address on any device:',
      );
    }
  });
});

describe.skipIf(!hasPython)('Ctrl-C', () => {
  test("says that nothing was stored, and the person's own command", async () => {
    const daemon = await start({ add_account: byBrowser(), wait_flow: forEver });
    const options = ['--scopes', 'a,b', '--param', 'audience=s3cret', '--issuer', "https://x.org/it's"];
    const running = onSize(daemon, [100, 40], [...ARGS, ...options]);
    await running.seen(/Waiting for you/, 'stdout');
    ctrlC(running);
    const screen = await shown(running);
    expect(screen).toContain(
      "Nothing was stored. Start again with: sigilforge add-account github work --scopes a,b --param audience=VALUE --issuer 'https://x.org/it'\\''s'\n",
    );
    expect((await running.exited).stderr).toContain('exit 8\n');
    expect(daemon.calls.at(-1)?.method).toBe('cancel_flow');
  });

  test('at a question says so, too', async () => {
    const daemon = await start({});
    const running = onSize(daemon, [100, 40], [...ARGS, '--api-key']);
    await running.seen(/API key: /, 'stdout');
    ctrlC(running);
    expect(await shown(running)).toContain(
      'Nothing was stored. Start again with: sigilforge add-account github work --api-key\n',
    );
    expect(daemon.calls).toEqual([]);
  });

  test('that comes after the account was stored says that, instead', async () => {
    let waits = 0;
    const daemon = await start({
      add_account: byBrowser(),
      wait_flow: () => (++waits === 1 ? forEver() : complete),
      cancel_flow: { cancelled: false },
    });
    const running = onSize(daemon, [100, 40]);
    await running.seen(/Waiting for you/, 'stdout');
    ctrlC(running);
    const screen = await shown(running);
    expect(screen).toContain('cancelled too late: the account was stored just before.');
    expect(screen).toContain('sigilforge remove-account github work\n');
    expect(screen).not.toContain('Nothing was stored');
  });
});

describe.skipIf(!hasPython)('sigilforge by itself', () => {
  const BEGINNING = /^Sign in once[\s\S]*add-account github me[\s\S]*--api-key[\s\S]*sigilforge --help/;

  test('says in a fresh home where to begin, and makes no file', async () => {
    const sandbox = await stopAfter(createSandbox());
    const screen = await shown(onSize(sandbox, [80, 24], []));
    expect(screen).toMatch(BEGINNING);
    const lines = screen.trimEnd().split('\n');
    expect(lines.length).toBeLessThanOrEqual(12);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(80);
    expect(readdirSync(sandbox.home)).toEqual([]);
    // In a pipe it is the help, as ever.
    expect((await sandbox.run([])).stdout).toContain('Usage: sigilforge COMMAND');
  });

  test('is the help once there is something', async () => {
    const sandbox = await stopAfter(createSandbox());
    await sandbox.run(['status']);
    expect(await shown(onSize(sandbox, [80, 60], []))).toMatch(BEGINNING);
    await sandbox.run(['provider', 'set', 'github', '--client-id', 'me']);
    expect(await shown(onSize(sandbox, [80, 60], []))).toContain('Usage: sigilforge COMMAND');
  });

  test('asks a daemon that runs', async () => {
    const sandbox = await stopAfter(createSandbox());
    await sandbox.startDaemon();
    expect(await shown(onSize(sandbox, [80, 60], []))).toMatch(BEGINNING);
    await sandbox.run(['add-account', 'openai', 'me', '--api-key'], { input: 'key\n' });
    expect(await shown(onSize(sandbox, [80, 60], []))).toContain('Usage: sigilforge COMMAND');
  });
});
