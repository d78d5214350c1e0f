import { afterEach, expect, test } from 'vitest';
import { type ErrorKind, errorTable, SigilforgeError } from '../../shared/errors.js';
import { account, otherAccount, token } from '../support/samples.js';
import { type Answers, type StubDaemon, startStubDaemon } from '../support/start/stub-daemon.js';

const stop: (() => Promise<void>)[] = [];

async function start(answers: Answers): Promise<StubDaemon> {
  const daemon = await startStubDaemon(answers);
  stop.push(daemon.stop);
  return daemon;
}

afterEach(async () => {
  for (const one of stop.splice(0)) await one();
});

// A peer that does not know a method makes the client compare versions, which is the client's own test.
const kinds = (Object.keys(errorTable) as ErrorKind[]).filter((kind) => kind !== 'method_not_found');

test.each(kinds)('%s has its exit status, a sentence and a hint', async (kind) => {
  const daemon = await start({
    get_token: new SigilforgeError(kind, 'It went wrong.', { hint: 'Do this.' }),
  });
  const end = await daemon.run(['get-token', 'github', 'work']);
  expect(end).toEqual({
    code: errorTable[kind].exit,
    signal: null,
    stdout: '',
    stderr: 'sigilforge: It went wrong.\n  hint: Do this.\n',
  });
});

test('an error is one JSON object with --json', async () => {
  const daemon = await start({
    get_token: new SigilforgeError('auth_required', 'Sign in.', { hint: 'Do.' }),
  });
  const end = await daemon.run(['get-token', 'github', 'work', '--json']);
  expect(end).toMatchObject({ code: 4, stdout: '' });
  expect(JSON.parse(end.stderr)).toEqual({
    error: { code: -32002, kind: 'auth_required', message: 'Sign in.', hint: 'Do.' },
  });
});

test('what a sign-in lacks is a word in that object', async () => {
  const lacking = new SigilforgeError('config', 'No client.', { hint: 'Do.', needs: 'client_id' });
  const daemon = await start({ add_account: lacking });
  const { stderr } = await daemon.run(['add-account', 'github', 'work', '--json']);
  expect(JSON.parse(stderr).error).toMatchObject({ kind: 'config', needs: 'client_id' });
});

test('control characters of an error do not reach the terminal', async () => {
  const daemon = await start({ get_token: new SigilforgeError('network', 'a\u001b[2Jb', { hint: 'c' }) });
  const end = await daemon.run(['get-token', 'github', 'work']);
  expect(end.stderr).toBe('sigilforge: a [2Jb\n  hint: c\n');
});

test('if the socket is pinned and no daemon answers, the daemon is unavailable', async () => {
  const daemon = await start({});
  const env = { SIGILFORGE_SOCKET: `${daemon.home}/nobody.sock` };
  for (const args of [['get-token', 'github', 'work'], ['status'], ['list-accounts', '--no-fallback']]) {
    expect(await daemon.run(args, { env })).toMatchObject({ code: 9, stdout: '' });
  }
});

test('daemon status is exit status 3 where none runs', async () => {
  const daemon = await start({});
  const env = { SIGILFORGE_SOCKET: `${daemon.home}/nobody.sock` };
  const text = await daemon.run(['daemon', 'status'], { env });
  expect(text).toMatchObject({ code: 3, stdout: 'daemon\tnot running\n', stderr: '' });
  const json = await daemon.run(['daemon', 'status', '--json'], { env });
  expect(json).toMatchObject({ code: 3, stdout: '{"running":false}\n' });
});

test('--direct is refused where SIGILFORGE_SOCKET is set, and together with --no-fallback', async () => {
  const daemon = await start({ get_token: token });
  const pinned = await daemon.run(['--direct', 'get-token', 'github', 'work']);
  expect(pinned).toMatchObject({ code: 9, stdout: '' });
  expect(pinned.stderr).toContain('SIGILFORGE_SOCKET');
  const both = await daemon.run(['get-token', 'github', 'work', '--direct', '--no-fallback']);
  expect(both).toMatchObject({ code: 2, stdout: '' });
  expect(daemon.calls).toEqual([]);
});

test('an account left out is the only one, and otherwise asked for', async () => {
  const one = await start({ list_accounts: { accounts: [account], cursor: null }, get_token: token });
  expect(await one.run(['get-token', 'github'])).toMatchObject({ code: 0, stdout: 'gho_token\n' });
  expect(one.calls).toEqual([
    { method: 'list_accounts', params: { service: 'github' } },
    { method: 'get_token', params: { service: 'github', account: 'work' } },
  ]);

  const none = await start({ list_accounts: { accounts: [], cursor: null } });
  const missing = await none.run(['token-info', 'github']);
  expect(missing.code).toBe(3);
  expect(missing.stderr).toContain('sigilforge add-account github work');

  const two = await start({ list_accounts: { accounts: [account, otherAccount], cursor: null } });
  const several = await two.run(['refresh-token', 'github']);
  expect(several.code).toBe(2);
  expect(several.stderr).toContain('github has several accounts: work, home.');
});

test('remove-account warns where the grant was not revoked, but not where that was not asked for', async () => {
  const daemon = await start({ remove_account: { removed: true, revoked: false, notices: [] } });
  const asked = await daemon.run(['remove-account', 'github', 'work', '--force']);
  expect(asked.code).toBe(0);
  expect(asked.stderr).toContain('the provider may still accept it');
  const unasked = await daemon.run(['remove-account', 'github', 'work', '--force', '--no-revoke']);
  expect(unasked.stderr).toBe('sigilforge: github/work was removed.\n');
});

test('remove-account names the accounts that end with this one, before anything is removed', async () => {
  const shared = { ...account, revoked_with: ['github/home', 'other/me'] };
  const removed = { removed: true, revoked: true, notices: ['These may have ended as well.'] };
  const daemon = await start({ get_account: shared, remove_account: removed });
  const end = await daemon.run(['remove-account', 'github', 'work', '--force']);
  expect(end.code).toBe(0);
  expect(end.stderr).toMatch(
    /^sigilforge: warning: .*so github\/home, other\/me may stop working.*--no-revoke/,
  );
  expect(daemon.calls.map(({ method }) => method)).toEqual(['get_account', 'remove_account']);
  const only = await daemon.run(['remove-account', 'github', 'work', '--force', '--no-revoke']);
  expect(only.stderr).toBe('sigilforge: github/work was removed.\n');
  expect(daemon.calls.at(-1)?.params).toMatchObject({ revoke: false });
});

test('remove-account removes an account that cannot be described', async () => {
  const daemon = await start({
    get_account: new SigilforgeError('integrity', 'The stored account is damaged.'),
    remove_account: { removed: true, revoked: false, notices: [] },
  });
  const end = await daemon.run(['remove-account', 'github', 'work', '--force']);
  expect(end).toMatchObject({ code: 0, stderr: expect.not.stringContaining('may stop working') });
});

test('remove-account asks nothing without a terminal', async () => {
  const daemon = await start({ remove_account: { removed: true, revoked: true, notices: [] } });
  const end = await daemon.run(['remove-account', 'github', 'work'], { input: 'y\n' });
  expect(end).toMatchObject({ code: 2, stdout: '' });
  expect(end.stderr).toContain('--force');
  expect(daemon.calls).toEqual([]);
});
