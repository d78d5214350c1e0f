import { readFileSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { Events } from '../../daemon/core/accounts/events.js';
import { systemClock } from '../../daemon/core/platform/clock.js';
import { type Logger, silentLogger } from '../../daemon/core/platform/log.js';
import { runHooks } from '../../daemon/hooks.js';
import { addAccount, work } from '../support/accounts.js';
import { isRunning } from '../support/start/processes.js';
import { createSandbox } from '../support/start/sandbox.js';
import { QUIET_CONFIG, startScene } from '../support/start/scene.js';
import { stopAfter } from '../support/start/stop-after.js';

const WAIT = { timeout: 20_000, interval: 25 };

/** What a program of `[hooks]` was run with. */
interface Seen {
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** A program that writes down how it was run, as one line for each time. */
async function recorder(): Promise<{ command: string[]; seen(): Seen[] }> {
  const { home } = await stopAfter(createSandbox());
  const [program, file] = [join(home, 'hook.cjs'), join(home, 'seen')];
  await writeFile(file, '');
  await writeFile(
    program,
    `const { argv, env } = process;
     require('node:fs').appendFileSync(${JSON.stringify(file)}, JSON.stringify({ args: argv.slice(2), env }) + '\\n');`,
  );
  const seen = (): Seen[] =>
    readFileSync(file, 'utf8')
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as Seen);
  return { command: [process.execPath, program], seen };
}

test('the daemon runs a program on an event: its argument list as it stands, three variables, no value', async () => {
  const { command, seen } = await recorder();
  const literal = ['$HOME;x', '$(touch y)', '* "quoted" \'too\''];
  const hook = (args: readonly string[]): string => JSON.stringify([...command, ...args]);
  const config = `${QUIET_CONFIG}
[hooks]
account_added = ${hook(literal)}
token_refreshed = ${hook(['refreshed'])}
account_removed = ${JSON.stringify(['/nonexistent/program'])}
`;
  const { api, sandbox } = await stopAfter(startScene({ config }));
  await addAccount(api);
  const tokens = [await api.getToken(work), await api.refreshToken(work)];
  await vi.waitFor(() => expect(seen()).toHaveLength(2), WAIT);
  // Two processes, which may end in either order.
  const named = (event: string) => seen().find(({ env }) => env['SIGILFORGE_EVENT'] === event);
  const [added, refreshed] = [named('account_added'), named('token_refreshed')];
  expect(added?.args).toEqual(literal);
  expect(refreshed?.args).toEqual(['refreshed']);
  for (const [one, event] of [
    [added, 'account_added'],
    [refreshed, 'token_refreshed'],
  ] as const) {
    expect(one?.env).toMatchObject({
      SIGILFORGE_EVENT: event,
      SIGILFORGE_SERVICE: work.service,
      SIGILFORGE_ACCOUNT: work.account,
    });
    const own = Object.keys(one?.env ?? {}).filter((name) => !(name in sandbox.env));
    expect(own.sort()).toEqual(['SIGILFORGE_ACCOUNT', 'SIGILFORGE_EVENT', 'SIGILFORGE_SERVICE']);
  }
  for (const { access_token } of tokens) expect(JSON.stringify(seen())).not.toContain(access_token);

  // One that cannot be run harms nothing.
  expect(await api.removeAccount(work)).toMatchObject({ removed: true });
  expect((await api.status()).account_count).toBe(0);
});

test('a program that outlives its limit is killed; one that fails is noted, and harms nothing', async () => {
  const { home } = await stopAfter(createSandbox());
  const pidFile = join(home, 'pid');
  const program = `require('node:fs').writeFileSync(${JSON.stringify(pidFile)}, String(process.pid)); setInterval(() => {}, 1000)`;
  const warnings: object[] = [];
  const log: Logger = { ...silentLogger, warn: (event, fields) => void warnings.push({ event, ...fields }) };
  const events = new Events({ clock: systemClock });
  const hooks = {
    needs_auth: [process.execPath, '-e', program],
    recovered: [process.execPath, '-e', 'process.exit(7)'],
    account_added: ['/nonexistent/program'],
  };
  runHooks(hooks, events, log, 1_500);
  const account = { id: '0197a9b2-5d5c-7cc0-8000-000000000001', kind: 'oauth', ...work } as const;
  for (const type of ['needs_auth', 'recovered', 'account_added', 'account_removed'] as const)
    events.emit(type, account);
  await vi.waitFor(() => expect(warnings).toHaveLength(3), WAIT);
  expect(warnings).toEqual(
    expect.arrayContaining([
      { event: 'hook.failed', on: 'needs_auth', program: process.execPath, reason: 'SIGKILL' },
      { event: 'hook.failed', on: 'recovered', program: process.execPath, reason: 7 },
      { event: 'hook.failed', on: 'account_added', program: '/nonexistent/program', reason: 'ENOENT' },
    ]),
  );
  expect(await isRunning(Number(await readFile(pidFile, 'utf8')))).toBe(false);
});

test('a program that cannot even be tried harms nothing', () => {
  const events = new Events({ clock: systemClock });
  const warnings: object[] = [];
  const log: Logger = { ...silentLogger, warn: (event, fields) => void warnings.push({ event, ...fields }) };
  // A path below a file is refused at once, not by an event.
  runHooks({ account_added: ['/etc/passwd/program'] }, events, log);
  events.emit('account_added', { id: 'id', service: 'service', account: 'account', kind: 'oauth' });
  expect(warnings).toEqual([
    { event: 'hook.failed', on: 'account_added', program: '/etc/passwd/program', reason: expect.any(String) },
  ]);
});

test('a listener that fails keeps nothing from the others', () => {
  const events = new Events({ clock: systemClock });
  const heard: string[] = [];
  events.listen(() => {
    throw new Error('a fault of whoever listens');
  });
  events.listen(({ type }) => void heard.push(type));
  events.emit('recovered', { id: 'id', service: 'service', account: 'account', kind: 'oauth' });
  expect(heard).toEqual(['recovered']);
});
