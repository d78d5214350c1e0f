import { spawnSync } from 'node:child_process';
import { chmod, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { SigilforgeError } from '../../shared/errors.js';
import { account, address, flow, token } from '../support/samples.js';
import type { Running } from '../support/start/running.js';
import { program } from '../support/start/sandbox.js';
import { type Answers, type StubDaemon, startStubDaemon } from '../support/start/stub-daemon.js';
import { hasPython, onTerminal, Terminal } from '../support/start/terminal.js';

const stop: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const one of stop.splice(0)) await one();
});

async function start(answers: Answers): Promise<StubDaemon> {
  const daemon = await startStubDaemon(answers);
  stop.push(daemon.stop);
  return daemon;
}

/** A browser that writes down the address it is given. There is no DISPLAY, so that no real one is taken. */
async function fakeBrowser(daemon: StubDaemon): Promise<{ env: Record<string, string>; opened: string }> {
  const program = path.join(daemon.home, 'browser');
  const opened = path.join(daemon.home, 'opened');
  await writeFile(program, `#!/bin/sh\nprintf %s "$1" > '${opened}.new' && mv '${opened}.new' '${opened}'\n`);
  await chmod(program, 0o700);
  return { env: { BROWSER: program }, opened };
}

const byBrowser = { ...flow, authorization_url: address };
const byDevice = {
  ...flow,
  flow: 'device_code' as const,
  user_code: 'WDJB-MJHT',
  verification_uri: 'https://id.example.org/device',
};
const tty = true;

// Pseudo-terminals are made by script of util-linux, which not every machine has.
const hasScript = spawnSync('script', ['--version']).stdout?.includes('util-linux') ?? false;

describe.skipIf(!hasScript)('on a terminal', () => {
  test('a secret is asked for and never shown', async () => {
    const daemon = await start({ add_account: { ...flow, flow_id: null, account } });
    const cli = daemon.start(['add-account', 'github', 'work', '--api-key'], { tty });
    await cli.seen(/API key/, 'stdout');
    cli.write('s3cret-value\r');
    const { code, stdout } = await cli.exited;
    expect(code).toBe(0);
    expect(stdout).toContain('github/work');
    expect(stdout).not.toContain('s3cret-value');
    expect(daemon.calls[0]?.params).toMatchObject({ credential: { api_key: 's3cret-value' } });
  });

  test('Ctrl-C at a prompt is cancelled', async () => {
    const daemon = await start({});
    const cli = daemon.start(['provider', 'set', 'github', '--client-secret'], { tty });
    await cli.seen(/Client secret/, 'stdout');
    cli.write('\u0003');
    expect((await cli.exited).code).toBe(8);
    expect(daemon.calls).toEqual([]);
  });

  test('remove-account asks, and Enter by itself means no', async () => {
    const daemon = await start({
      get_account: { ...account, revoked_with: ['github/home'] },
      remove_account: { removed: true, revoked: true, notices: [] },
    });
    const no = daemon.start(['remove-account', 'github', 'work'], { tty });
    await no.seen(/github\/home may stop working.*Remove github\/work\?/s, 'stdout');
    no.write('\r');
    expect((await no.exited).code).toBe(7);
    expect(daemon.calls.map(({ method }) => method)).toEqual(['get_account']);

    const yes = daemon.start(['remove-account', 'github', 'work'], { tty });
    await yes.seen(/Remove github\/work\?/, 'stdout');
    yes.write('y');
    expect((await yes.exited).code).toBe(0);
    expect(daemon.calls.map(({ method }) => method)).toEqual([
      'get_account',
      'get_account',
      'remove_account',
    ]);
  });

  test('the device flow draws a QR code and the code in a box', async () => {
    const daemon = await start({
      add_account: byDevice,
      wait_flow: { state: 'complete', account, notices: [] },
    });
    const { stdout, code } = await daemon.run(['add-account', 'github', 'work'], { tty });
    expect(code).toBe(0);
    expect(stdout).toMatch(/[█▀▄]{10}/);
    expect(stdout).toMatch(/│ {4}WDJB-MJHT {4}│/);
    expect(stdout).toContain('https://id.example.org/device');
  });

  test('tables have headings, and colours only without NO_COLOR', async () => {
    const daemon = await start({ list_accounts: { accounts: [account], cursor: null } });
    const plain = await daemon.run(['list-accounts'], { tty, env: { NO_COLOR: '1' } });
    expect(plain.stdout).toMatch(/^SERVICE {2}ACCOUNT {2}KIND {3}STATE {2}EXPIRES/);
    expect(plain.stdout).not.toContain('\u001b');
    const coloured = await daemon.run(['list-accounts'], { tty });
    expect(coloured.stdout).toContain('\u001b[1mSERVICE');
  });

  test('a token is the same on a terminal', async () => {
    const daemon = await start({ get_token: token });
    const end = await daemon.run(['get-token', 'github', 'work'], { tty });
    expect(end.stdout).toBe('gho_token\r\n');
  });

  test('a spinner shows once a wait takes a second, and leaves nothing behind', async () => {
    let end = (): void => undefined;
    const waiting = new Promise<void>((resolve) => {
      end = resolve;
    });
    const daemon = await start({
      add_account: byDevice,
      wait_flow: async () => {
        await waiting;
        return { state: 'complete', account, notices: [] };
      },
    });
    const cli = daemon.start(['add-account', 'github', 'work'], { tty });
    await cli.seen(/Waiting for you to sign in/, 'stdout');
    end();
    const { code, stdout } = await cli.exited;
    expect(code).toBe(0);
    expect(stdout).toContain('\u001b[?25h');
    expect(stdout).toContain('\u001b[2K\u001b[?25hgithub/work\r\n');
  });

  test('Ctrl-C while the spinner turns cancels the sign-in and gives the cursor back', async () => {
    const daemon = await start({
      add_account: byDevice,
      wait_flow: () => new Promise(() => undefined),
      cancel_flow: { cancelled: true },
    });
    const cli = daemon.start(['add-account', 'github', 'work'], { tty });
    await cli.seen(/\[\?25l.*Waiting for you to sign in/s, 'stdout');
    cli.write('\u0003');
    const { code, stdout } = await cli.exited;
    expect(code).toBe(8);
    expect(stdout).toContain('\u001b[2K\u001b[?25h');
    expect(daemon.calls.map(({ method }) => method)).toContain('cancel_flow');
  });

  test('the browser is opened for a person at a terminal', async () => {
    const daemon = await start({ add_account: byBrowser, wait_flow: () => new Promise(() => undefined) });
    const { env, opened } = await fakeBrowser(daemon);
    const cli = daemon.start(['add-account', 'github', 'work'], { tty, env });
    await cli.seen(/If it did not open, go to:\s+\S*https:\/\/id\.example\.org/, 'stdout');
    // The browser is a process of its own, which the CLI does not wait for.
    await expect.poll(() => readFile(opened, 'utf8').catch(() => '')).toBe(address);
    cli.write('\u0003');
    expect((await cli.exited).code).toBe(8);
  });

  test.each([['--no-browser', {}] as const, ['--quiet', { SSH_TTY: '/dev/pts/0' }] as const])(
    'no browser is opened with %s %j, and a wrong paste can be mended',
    async (option, remote) => {
      const daemon = await start({
        add_account: byBrowser,
        wait_flow: () => new Promise(() => undefined),
        complete_flow: ({ redirect_url }) => {
          if (redirect_url.startsWith('http')) return { account, notices: [] };
          throw new SigilforgeError('invalid_params', 'This is another address.');
        },
      });
      const { env, opened } = await fakeBrowser(daemon);
      const cli = daemon.start(['add-account', 'github', 'work', option], {
        tty,
        env: { ...env, ...remote },
      });
      await cli.seen(/paste the address/, 'stdout');
      cli.write('nonsense\n');
      await cli.seen(/not the address of this sign-in/, 'stdout');
      cli.write('http://127.0.0.1/?code=1\n');
      expect((await cli.exited).code).toBe(0);
      await expect(readFile(opened)).rejects.toThrow('ENOENT');
    },
  );

  describe('a pasted address', () => {
    const begins = 'http://127.0.0.1:41234/callback';
    const addressOf = (length: number) => `${begins}?state=abc&code=`.padEnd(length, 'c0de');
    const answers: Answers = {
      add_account: byBrowser,
      wait_flow: () => new Promise(() => undefined),
      complete_flow: { account, notices: [] },
      cancel_flow: { cancelled: true },
    };
    const begin = async (answersToo: Answers = {}) => {
      const daemon = await start({ ...answers, ...answersToo });
      const cli = daemon.start(['add-account', 'github', 'work', '--no-browser'], { tty });
      await cli.seen(/paste the address/, 'stdout');
      return { daemon, cli };
    };
    const pasted = ({ calls }: StubDaemon) =>
      calls.filter(({ method }) => method === 'complete_flow').map(({ params }) => params);

    test.each([
      [6_000, 'bare', addressOf(6_000)],
      [20_000, 'bare', addressOf(20_000)],
      [20_000, 'in brackets', `\u001b[200~${addressOf(20_000)}\u001b[201~`],
      [6_000, 'in brackets, wrapped', `\u001b[200~${addressOf(6_000).replace(/.{80}/g, '$&\n')}\u001b[201~`],
    ])('of %i characters arrives whole, %s', async (length, _, keys) => {
      const { daemon, cli } = await begin();
      cli.write(`${keys}\r`);
      const { code, stdout } = await cli.exited;
      expect(code).toBe(0);
      expect(pasted(daemon)).toEqual([{ flow_id: flow.flow_id, redirect_url: addressOf(length) }]);
      // It is shown in short, without the code, and the terminal is as it was.
      expect(stdout).toContain(`${begins}… (${length.toLocaleString('en')} characters)`);
      expect(stdout).not.toContain('c0de');
      expect(stdout.length).toBeLessThan(2000);
      expect(stdout.lastIndexOf('\u001b[?2004l')).toBeGreaterThan(stdout.lastIndexOf('\u001b[?2004h'));
    });

    test('can be mended before Enter', async () => {
      const { daemon, cli } = await begin();
      cli.write('nonsense\u0015\u001b[Dhttps://x.org/?code=12\u007f\u007f\u00083\r');
      expect((await cli.exited).code).toBe(0);
      expect(pasted(daemon)).toEqual([{ flow_id: flow.flow_id, redirect_url: 'https://x.org/?code3' }]);
    });

    test('Ctrl-C cancels the sign-in, also with half an address', async () => {
      for (const typed of ['', addressOf(5_000)]) {
        const { daemon, cli } = await begin();
        cli.write(`${typed}\u0003`);
        const { code, stdout } = await cli.exited;
        expect(code).toBe(8);
        expect(stdout).toContain('This was cancelled.');
        expect(daemon.calls.at(-1)?.method).toBe('cancel_flow');
        expect(pasted(daemon)).toEqual([]);
      }
    });

    test('Ctrl-D ends pasting, and the browser can still end the sign-in', async () => {
      let end = (): void => undefined;
      const signedIn = new Promise<void>((resolve) => {
        end = resolve;
      });
      const { cli, daemon } = await begin({
        wait_flow: () => signedIn.then(() => ({ state: 'complete', account, notices: [] })),
      });
      cli.write('\u0004');
      await cli.seen(/\[\?2004l/, 'stdout');
      end();
      expect((await cli.exited).code).toBe(0);
      expect(pasted(daemon)).toEqual([]);
    });

    test.each<[string, Answers, (cli: Running) => Promise<void> | void]>([
      ['the paste', {}, (cli) => cli.write('https://x.org/?code=1\r')],
      ['Ctrl-C', {}, (cli) => cli.write('\u0003')],
      [
        'the end of the sign-in',
        { wait_flow: new SigilforgeError('denied', 'The person said no.') },
        () => undefined,
      ],
      [
        'SIGTERM',
        {},
        async (cli) => void process.kill(Number((await cli.seen(/pid (\d+)/, 'stdout'))[1]), 'SIGTERM'),
      ],
    ])('leaves the terminal as it was, after %s', async (_, answersToo, act) => {
      const daemon = await start({ ...answers, ...answersToo });
      const shell = 'sh -c \'echo pid $$; exec "$@"\' sh "$@"; echo status $?; stty -a';
      const command = [...program('sigilforge'), 'add-account', 'github', 'work', '--no-browser'];
      const cli = daemon.spawn(['sh', '-c', shell, 'sh', ...command], { tty });
      await cli.seen(/paste the address/, 'stdout');
      await act(cli);
      const { stdout } = await cli.exited;
      expect(stdout).toMatch(/\[\?2004l.*status [078]\r\n/s);
      for (const mode of ['icanon', 'echo', 'isig', 'icrnl']) {
        expect(stdout).toMatch(new RegExp(`\\s${mode}\\b`));
      }
    });
  });
});

test.skipIf(!hasPython)('Ctrl-Z while an address is awaited stops, and the shell continues it', async () => {
  const daemon = await start({
    add_account: byBrowser,
    wait_flow: () => new Promise(() => undefined),
    complete_flow: { account, notices: [] },
  });
  const command = [...program('sigilforge'), 'add-account', 'github', 'work', '--no-browser'];
  const terminal = new Terminal(daemon.spawn(onTerminal(command)));
  await terminal.shown('paste the address');
  terminal.type('https://x.org/?code=');
  await terminal.shown('https://x.org/… \\(20 characters\\)');
  terminal.type('\u001a');
  await terminal.event(/stopped/);
  terminal.act('continue');
  await terminal.shown('https://x.org/… \\(20 characters\\)', 2);
  terminal.type('c\r');
  await terminal.event(/exit 0/);
  expect(daemon.calls.at(-1)?.params).toMatchObject({ redirect_url: 'https://x.org/?code=c' });
});

test('no browser is opened without a terminal', async () => {
  const daemon = await start({
    add_account: byBrowser,
    wait_flow: { state: 'complete', account, notices: [] },
  });
  const { env, opened } = await fakeBrowser(daemon);
  const end = await daemon.run(['add-account', 'github', 'work'], { env });
  expect(end).toMatchObject({ code: 0, stdout: 'github/work\n' });
  expect(end.stderr).not.toContain('browser');
  await expect(readFile(opened)).rejects.toThrow('ENOENT');
});
