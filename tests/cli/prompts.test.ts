import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { account, flow } from '../support/samples.js';
import type { Running } from '../support/start/running.js';
import { createSandbox, program } from '../support/start/sandbox.js';
import { stopAfter } from '../support/start/stop-after.js';
import { type Answers, type StubDaemon, startStubDaemon } from '../support/start/stub-daemon.js';
import { hasPython, onTerminal, Terminal } from '../support/start/terminal.js';

// Pseudo-terminals are made by script of util-linux, which not every machine has.
const hasScript = spawnSync('script', ['--version']).stdout?.includes('util-linux') ?? false;

const PEM = `-----BEGIN PRIVATE KEY-----\n${'QUJD'.repeat(16)}\n${'REVG'.repeat(16)}\n-----END PRIVATE KEY-----\n`;
const paste = (text: string): string => `\u001b[200~${text.replaceAll('\n', '\r')}\u001b[201~`;

describe.skipIf(!hasScript)('at a prompt', () => {
  const stop: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const one of stop.splice(0)) await one();
  });

  const answers: Answers = {
    set_secret: ({ key }) => ({ key, backend: 'vault' }),
    vault_status: { state: 'unlocked', key_source: 'password', slots: [], warning: null },
    vault_set_password: { slots: [] },
    unlock: { state: 'unlocked' },
    get_account: { ...account, revoked_with: [] },
    add_account: { ...flow, flow_id: null, account },
  };

  async function start(): Promise<StubDaemon> {
    const daemon = await startStubDaemon(answers);
    stop.push(daemon.stop);
    return daemon;
  }

  async function ask(args: readonly string[], prompt: RegExp): Promise<{ daemon: StubDaemon; cli: Running }> {
    const daemon = await start();
    const cli = daemon.start([...args], { tty: true });
    await cli.seen(prompt, 'stdout');
    return { daemon, cli };
  }

  const stored = ({ calls }: StubDaemon): string[] =>
    calls.flatMap(({ method, params }) =>
      method === 'set_secret' ? [Buffer.from((params as { value: string }).value, 'base64').toString()] : [],
    );

  const prompts: [args: string[], prompt: RegExp][] = [
    [['secret', 'set', 'demo/key'], /Secret: /],
    [['vault', 'set-password', '--only'], /New password of the vault: /],
    [['vault', 'export', 'vault.export'], /Passphrase for the file: /],
    [['add-account', 'github', 'work', '--api-key'], /API key: /],
    [['provider', 'set', 'github', '--client-secret'], /Client secret: /],
    [['remove-account', 'github', 'work'], /Remove github\/work\?/],
  ];

  const CHANGES = ['set_secret', 'vault_set_password', 'add_account', 'set_provider', 'remove_account'];

  test.each(prompts)('Ctrl-D ends without an answer: %j', async (args, prompt) => {
    const { daemon, cli } = await ask(args, prompt);
    cli.write('\u0004');
    const { code, stdout } = await cli.exited;
    expect(code).toBe(8);
    expect(stdout).toContain('The input ended without an answer, so nothing was done.');
    expect(daemon.calls.filter(({ method }) => CHANGES.includes(method))).toEqual([]);
  });

  test('Ctrl-D at the second question for a password changes nothing, either', async () => {
    const { daemon, cli } = await ask(['vault', 'set-password'], /New password of the vault: /);
    cli.write('hunter2\r');
    await cli.seen(/Enter it again: /, 'stdout');
    cli.write('\u0004');
    expect((await cli.exited).code).toBe(8);
    expect(daemon.calls.filter(({ method }) => method === 'vault_set_password')).toEqual([]);
  });

  test.each([
    ['a key of several lines', PEM, PEM.trimEnd(), '16 \\(\\d+ characters in 4 lines\\)'],
    ['a line of 200,000 characters', 'k3y'.repeat(66_000), 'k3y'.repeat(66_000), '\\(198,000 characters\\)'],
    ['JSON with tabs', '{\n\t"a": "b"\n}', '{\n\t"a": "b"\n}', 'in 3 lines'],
  ])('%s that is pasted arrives whole and is not shown', async (_, pasted, value, shown) => {
    const { daemon, cli } = await ask(['secret', 'set', 'demo/key'], /Secret: /);
    cli.write(`${paste(pasted)}\r`);
    const { code, stdout } = await cli.exited;
    expect({ code, stored: stored(daemon) }).toEqual({ code: 0, stored: [value] });
    expect(stdout).toMatch(new RegExp(shown.replace('16 ', '\\*{16} ')));
    expect(stdout).not.toMatch(/QUJD|k3yk3y|"a"/);
    expect(stdout.length).toBeLessThan(2_000);
  });

  test('--exact keeps the final line break of a paste', async () => {
    const { daemon, cli } = await ask(['secret', 'set', 'demo/key', '--exact'], /Secret: /);
    cli.write(`${paste(PEM)}\r`);
    expect((await cli.exited).code).toBe(0);
    expect(stored(daemon)).toEqual([PEM]);
  });

  test('several lines that the terminal does not mark as a paste are refused, and the shell gets none of them', async () => {
    const daemon = await start();
    const shell = '"$@"; echo status $?; stty raw -echo min 0 time 1; cat | od -c; echo end';
    const command = [...program('sigilforge'), 'secret', 'set', 'demo/key'];
    const cli = daemon.spawn(['sh', '-c', shell, 'sh', ...command], { tty: true });
    await cli.seen(/Secret: /, 'stdout');
    cli.write(PEM.replaceAll('\n', '\r'));
    const { stdout } = await cli.exited;
    expect(stdout).toContain('Several lines were pasted');
    expect(stdout).toMatch(/from a file\.\s+status 2\s+0000000\s+end/);
    expect(stored(daemon)).toEqual([]);
  });

  test('what is typed can be mended, and an empty answer is asked for again', async () => {
    const { daemon, cli } = await ask(['secret', 'set', 'demo/key'], /Secret: /);
    cli.write('\r');
    await cli.seen(/Enter a value, or press Ctrl-C to cancel\.\s+\S*Secret: /, 'stdout');
    cli.write('wrong\u0015s3cres\u007ft\u0004\u001b[D\r');
    const { code, stdout } = await cli.exited;
    expect({ code, stored: stored(daemon) }).toEqual({ code: 0, stored: ['s3cret'] });
    expect(stdout).toContain('Secret: ******');
    expect(stdout).not.toContain('s3c');
  });

  test('a question is seen on standard output where standard error is a file', async () => {
    const daemon = await start();
    const command = [...program('sigilforge'), 'secret', 'set', 'demo/key'];
    const cli = daemon.spawn(['sh', '-c', '"$@" 2>/dev/null', 'sh', ...command], { tty: true });
    await cli.seen(/Secret: /, 'stdout');
    cli.write('s3cret\r');
    expect((await cli.exited).code).toBe(0);
    expect(stored(daemon)).toEqual(['s3cret']);
  });
});

describe.skipIf(!hasPython)('a question that ends without a key', () => {
  const questions: [args: string[], question: string][] = [
    [['secret', 'set', 'demo/key'], 'Secret: '],
    [['remove-account', 'github', 'work'], 'Remove github/work\\?'],
  ];
  const SHOWS_MODES =
    'stty -a > before; sh -c \'echo $$ > pid; exec "$@"\' sh "$@"; code=$?; stty -a > after; cmp before after && exit $code';

  async function ask(script: string, args: readonly string[], question: string) {
    const daemon = await stopAfter(startStubDaemon({ get_account: { ...account, revoked_with: [] } }));
    const command = ['sh', '-c', script, 'sh', ...program('sigilforge'), ...args];
    const terminal = new Terminal(daemon.spawn(onTerminal(command)));
    await terminal.shown(question);
    return { daemon, terminal };
  }

  const signals = (['SIGTERM', 'SIGHUP'] as const).flatMap((signal) =>
    questions.map(([args, question]) => ({ signal, args, question })),
  );

  test.each(signals)(
    '$signal cancels $args, and the terminal is as it was before',
    async ({ signal, args, question }) => {
      const { daemon, terminal } = await ask(SHOWS_MODES, args, question);
      process.kill(Number(readIfThere(path.join(daemon.home, 'pid'))), signal);
      await terminal.event(/exit 8/);
      expect(await terminal.ended()).toMatch(/\n\S*sigilforge:\S* This was cancelled\./);
      expect(daemon.calls.map(({ method }) => method)).not.toContain('remove_account');
    },
  );

  test.each(questions)(
    'a terminal that goes away cancels %j, without a trace of Node',
    async (args, question) => {
      const daemon = await stopAfter(startStubDaemon({ get_account: { ...account, revoked_with: [] } }));
      const script = 'trap "" HUP; "$@" 2> errors; echo $? > code';
      const command = ['sh', '-c', script, 'sh', ...program('sigilforge'), ...args];
      const running = daemon.spawn(onTerminal(command));
      const terminal = new Terminal(running);
      const errors = path.join(daemon.home, 'errors');
      if (question === 'Secret: ') await terminal.shown(question);
      else await expect.poll(() => readIfThere(errors), { timeout: 20_000 }).toMatch(new RegExp(question));
      terminal.act('hangup');
      await expect.poll(() => readIfThere(path.join(daemon.home, 'code')), { timeout: 20_000 }).toBe('8\n');
      expect(readIfThere(errors)).toContain(
        'sigilforge: The input ended without an answer, so nothing was done.',
      );
      expect(readIfThere(errors)).not.toMatch(/node:|bug in Sigilforge/);
    },
  );

  test('a terminal without sequences gets none of them', async () => {
    const { daemon, terminal } = await ask('TERM=dumb "$@"', ['secret', 'set', 'demo/key'], 'Secret: ');
    terminal.type('abc');
    await terminal.shown('Secret: \\*\\*\\*');
    terminal.type('\u007f\r');
    await terminal.event(/exit/);
    expect((await terminal.ended()).split('\n')[1]).toBe('Secret: **\r');
    expect(daemon.calls.map(({ method }) => method)).toContain('set_secret');
  });
});

function readIfThere(file: string): string {
  return existsSync(file) ? readFileSync(file, 'utf8') : '';
}

test('a command that nothing can end any more has failed', async () => {
  const sandbox = await stopAfter(createSandbox());
  const [node = '', script = ''] = program('sigilforge');
  const silent = `{ isTTY: false, fd: 0, [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => {}) }) }`;
  const code = `
    Object.defineProperty(process, 'stdin', { value: ${silent} });
    process.argv = ['node', ${JSON.stringify(script)}, 'secret', 'set', 'k'];
    require(${JSON.stringify(script)});`;
  const end = await sandbox.spawn([node, '-e', code]).exited;
  expect(end.code).toBe(1);
  expect(end.stderr).toContain('ended before it was done');
});
