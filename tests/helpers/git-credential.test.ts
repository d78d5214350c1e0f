import { describe, expect, test } from 'vitest';
import type { AccountInfo } from '../../shared/contract/index.js';
import { SigilforgeError } from '../../shared/errors.js';
import { account, token } from '../support/samples.js';
import type { RunResult } from '../support/start/running.js';
import { stopAfter } from '../support/start/stop-after.js';
import { type Answers, type StubDaemon, startStubDaemon } from '../support/start/stub-daemon.js';
import { type AnsweringCommand, describeHelper } from './shared-suite.js';

const asks = (input: string, ...options: string[]): AnsweringCommand => ({
  args: ['git-credential', ...options, 'get'],
  input,
});
const https = (host: string, ...more: string[]): string =>
  [`protocol=https`, `host=${host}`, ...more, '', ''].join('\n');

describeHelper({
  name: 'git-credential',
  known: asks(https('github.com')),
  unknown: asks(https('git.example.com')),
  bad: {
    'a line break in the host': asks('url=https://github.com%0ahost=evil.example/\n'),
    http: asks('protocol=http\nhost=github.com\n\n', '--account', 'github/work'),
    'a host in other letters': asks(https('gіthub.com')),
    'bytes that are not text': asks('protocol=https\nhost=github.com\nusername=\ufffe\0\n\n'),
    'an account that is none': asks(https('github.com'), '--account', 'github'),
  },
  shown: ({ stderr }) => stderr,
  nothing: ({ stdout }) => stdout,
});

/** Accounts, by name, and where the tokens of each come from. */
function accountsOf(accounts: Record<string, Partial<AccountInfo> & { issued_by: string }>): Answers {
  const infos = Object.entries(accounts).map(([name, { issued_by: _, ...info }]) => ({
    ...account,
    account: name,
    ...info,
  }));
  return {
    list_accounts: { accounts: infos, cursor: null },
    get_account: ({ account: name }) => ({
      ...(infos.find((info) => info.account === name) ?? account),
      revoked_with: [],
      issued_by: accounts[name]?.issued_by ?? null,
    }),
    get_token: ({ account: name }) => ({ ...token, access_token: `token of ${name}` }),
  };
}

const EXPIRY = Date.parse(token.expires_at ?? '') / 1000;
const GITHUB = { issued_by: 'https://github.com' };

/** Secrets that live as long as the stub. */
function secretsIn(kept: Map<string, string>): Answers {
  return {
    set_secret: ({ key, value }) => {
      kept.set(key, value);
      return { key, backend: 'vault' };
    },
    get_secret: ({ key }) => {
      const value = kept.get(key);
      if (value === undefined) throw new SigilforgeError('not_found', 'There is no such secret.');
      return { key, value, encoding: 'utf8', backend: 'vault' };
    },
    list_secrets: ({ prefix }) => ({
      secrets: [...kept.keys()]
        .filter((key) => key.startsWith(prefix ?? ''))
        .map((key) => ({
          key,
          backend: 'vault' as const,
          created_at: account.created_at,
          updated_at: account.created_at,
        })),
      cursor: null,
    }),
    delete_secret: ({ key }) => ({ deleted: kept.delete(key) }),
  };
}

async function startWith(
  answers: Answers,
  kept = new Map<string, string>(),
): Promise<{
  daemon: StubDaemon;
  git: (action: string, input: string, ...options: string[]) => Promise<RunResult>;
}> {
  const daemon = await stopAfter(startStubDaemon({ ...secretsIn(kept), ...answers }));
  return {
    daemon,
    git: (action, input, ...options) => daemon.run(['git-credential', ...options, action], { input }),
  };
}

const answer = (username: string, name: string): string =>
  `username=${username}\npassword=token of ${name}\npassword_expiry_utc=${EXPIRY}\n`;

describe('get', () => {
  test.each([
    ['github.com', 'github', 'https://github.com', 'x-access-token'],
    ['GitHub.com', 'github-app', 'https://github.com', 'x-access-token'],
    ['ghe.example.com:8443', 'github', 'https://ghe.example.com:8443', 'x-access-token'],
    ['gitlab.com', 'gitlab', 'https://gitlab.com', 'oauth2'],
    ['bitbucket.org', 'bitbucket', 'https://bitbucket.org', 'x-token-auth'],
    ['huggingface.co', 'huggingface', 'https://huggingface.co', 'user'],
  ])('%s is served by an account of %s', async (host, provider, issued_by, username) => {
    const { git } = await startWith(accountsOf({ work: { provider, service: 'any', issued_by } }));
    expect(await git('get', https(host))).toMatchObject({
      code: 0,
      stdout: answer(username, 'work'),
      stderr: '',
    });
  });

  test('Azure DevOps is served by an account with its scope', async () => {
    const microsoft = { provider: 'microsoft', issued_by: 'https://login.microsoftonline.com' };
    const scopes = ['499b84ac-1321-427f-aa17-267ca6975798/.default'];
    const { git } = await startWith(
      accountsOf({ mail: { ...microsoft, scopes: ['Mail.Read'] }, code: { ...microsoft, scopes } }),
    );
    const asked = https('dev.azure.com', 'username=organisation');
    expect((await git('get', asked)).stdout).toBe(answer('oauth2', 'code'));
  });

  test.each([
    ['the name of a service', { provider: null, service: 'github', issued_by: 'https://github.com' }],
    ['an own provider', { provider: 'mine', issued_by: 'https://github.com' }],
    ['an account of another host', { provider: 'github', issued_by: 'https://ghe.example.com' }],
    ['an account of http', { provider: 'github', issued_by: 'http://github.com' }],
  ])('%s serves no host', async (_, info) => {
    const { daemon, git } = await startWith(accountsOf({ work: info }));
    expect(await git('get', https('github.com'))).toMatchObject({ code: 3, stdout: '' });
    expect(daemon.calls.map(({ method }) => method)).not.toContain('get_token');
  });

  test('of several accounts the user name in the address chooses', async () => {
    const { git } = await startWith(accountsOf({ work: GITHUB, home: GITHUB }));
    const chosen = await git('get', https('github.com', 'username=home'));
    expect(chosen.stdout).toBe(answer('x-access-token', 'home'));
    const url = await git('get', 'url=https://work@github.com/org/repository.git\n\n');
    expect(url.stdout).toBe(answer('x-access-token', 'work'));
    const none = await git('get', https('github.com', 'username=ada'));
    expect(none).toMatchObject({ code: 2, stdout: '' });
    expect(none.stderr).toContain('Several accounts fit https://github.com: github/work, github/home.');
  });

  test('an account that is named serves the host that git asks about', async () => {
    const { daemon, git } = await startWith(
      accountsOf({ work: { provider: 'mine', issued_by: 'https://id.example.com' } }),
    );
    const asked = https('git.example.com', 'path=a/b.git', 'username=ada');
    expect((await git('get', asked, '--account', 'github/work')).stdout).toBe(answer('ada', 'work'));
    const local = 'protocol=http\nhost=127.0.0.1:3000\n\n';
    expect((await git('get', local, '--account', 'github/work')).stdout).toBe(answer('oauth2', 'work'));
    expect(daemon.calls.map(({ method }) => method)).not.toContain('list_accounts');
    expect(await git('get', local)).toMatchObject({ code: 2, stdout: '' });
  });

  test('Bearer is answered where git takes it and the server offers it', async () => {
    const { git } = await startWith(accountsOf({ work: GITHUB }));
    const capability = 'capability[]=authtype';
    const bearer = 'wwwauth[]=Bearer realm="a"';
    const basic = 'wwwauth[]=Basic realm="a"';
    const other = answer('x-access-token', 'work');
    expect((await git('get', https('github.com', capability, basic, bearer))).stdout).toBe(
      `capability[]=authtype\nauthtype=Bearer\ncredential=token of work\nephemeral=1\npassword_expiry_utc=${EXPIRY}\n`,
    );
    expect((await git('get', https('github.com', capability, basic))).stdout).toBe(other);
    expect((await git('get', https('github.com', bearer))).stdout).toBe(other);
  });

  test('a token that does not expire has no time; one with a line break is not given', async () => {
    const lasting = { ...token, expires_at: null };
    const { git } = await startWith({ ...accountsOf({ work: GITHUB }), get_token: lasting });
    expect((await git('get', https('github.com'))).stdout).toBe(
      `username=x-access-token\npassword=${token.access_token}\n`,
    );
    const broken = { ...token, access_token: 'a\nhost=evil.example' };
    const other = await startWith({ ...accountsOf({ work: GITHUB }), get_token: broken });
    expect(await other.git('get', https('github.com'))).toMatchObject({ code: 2, stdout: '' });
  });

  test('what is kept is not given if it has a line break, which would begin another attribute', async () => {
    const kept = new Map([['git/git.example.com/ann', 'a\nquit=1']]);
    const { git } = await startWith({ list_accounts: { accounts: [], cursor: null } }, kept);
    const asked = await git('get', `${https('git.example.com')}username=ann\n`);
    expect(asked).toMatchObject({ code: 2, stdout: '' });
    expect(asked.stderr).toContain('control characters');
  });

  test('what later versions of git ask is passed over', async () => {
    const { git } = await startWith({});
    expect(await git('later', 'nonsense')).toMatchObject({ code: 0, stdout: '', stderr: '' });
    expect((await git('capability', '')).stdout).toBe('version 0\ncapability authtype\n');
  });
});

describe('store and erase', () => {
  const typed = (host: string, username: string, password = 'hunter2'): string =>
    https(host, `username=${username}`, `password=${password}`);

  test('what a person types is kept for exactly that host and user, and given again', async () => {
    const kept = new Map<string, string>();
    const { git } = await startWith(accountsOf({}), kept);
    expect(await git('store', typed('git.example.com', 'Ada Löv/+'))).toMatchObject({
      code: 0,
      stdout: '',
      stderr: '',
    });
    expect([...kept]).toEqual([['git/git.example.com/Ada+20L+C3+B6v+2F+2B', 'hunter2']]);
    const given = 'username=Ada Löv/+\npassword=hunter2\n';
    expect((await git('get', https('git.example.com'))).stdout).toBe(given);
    expect((await git('get', https('git.example.com', 'username=Ada Löv/+'))).stdout).toBe(given);
    for (const other of ['git.example.com:443', 'example.com', 'git.example.co', 'git.example.com.']) {
      expect((await git('get', https(other))).stdout).toBe('');
    }
    expect((await git('get', https('git.example.com', 'username=other'))).stdout).toBe('');
    await git('store', typed('git.example.com', 'other', 'second'));
    const both = await git('get', https('git.example.com'));
    expect(both).toMatchObject({ code: 2, stdout: '' });
    expect(both.stderr).toContain('Several passwords are kept for git.example.com: Ada Löv/+, other.');
  });

  test('erase deletes what store kept, if the password is the same', async () => {
    const kept = new Map([['git/git.example.com/ada', 'hunter2']]);
    const { git } = await startWith(accountsOf({}), kept);
    await git('erase', typed('git.example.com', 'ada', 'another'));
    await git('erase', https('git.example.com', 'username=ada'));
    await git('erase', typed('example.com', 'ada'));
    expect(kept.size).toBe(1);
    await git('erase', typed('git.example.com', 'ada'));
    expect(kept.size).toBe(0);
  });

  test('nothing is kept that we gave, nor beside an account', async () => {
    const kept = new Map<string, string>();
    const one = await startWith(accountsOf({ work: GITHUB }), kept);
    await one.git('store', typed('github.com', 'x-access-token', 'an older token'));
    await one.git('store', typed('git.example.com', 'ada'), '--account', 'github/work');
    await one.git(
      'store',
      `${https('git.example.com', 'username=a', 'password=b', 'password_expiry_utc=1')}`,
    );
    const two = await startWith(accountsOf({ work: GITHUB, home: GITHUB }), kept);
    await two.git('store', typed('github.com', 'x-access-token', 'token of home'));
    expect([...kept]).toEqual([]);
    await two.git('store', typed('github.com', 'ada', 'a personal token'));
    expect((await two.git('get', https('github.com', 'username=ada'))).stdout).toBe(
      'username=ada\npassword=a personal token\n',
    );
  });

  test('erase reports the token that is the current one, and no other', async () => {
    const { daemon, git } = await startWith(accountsOf({ work: GITHUB, home: GITHUB }));
    const reported = (): unknown[] =>
      daemon.calls.flatMap(({ method, params }) =>
        method === 'get_token' && JSON.stringify(params).includes('rejected_token') ? [params] : [],
      );
    await git('erase', typed('github.com', 'x-access-token', 'an older token'));
    await git('erase', https('github.com', 'username=x-access-token'));
    expect(reported()).toEqual([]);
    await git('erase', typed('github.com', 'x-access-token', 'token of home'));
    const home = { service: 'github', account: 'home', rejected_token: 'token of home' };
    expect(reported()).toEqual([home]);
    await git(
      'erase',
      https('any.example', 'authtype=Bearer', 'credential=token of work'),
      '--account',
      'github/work',
    );
    expect(reported()).toEqual([home, { ...home, account: 'work', rejected_token: 'token of work' }]);
  });

  test('an expired token that cannot be compared is passed over', async () => {
    const expired = new SigilforgeError('auth_required', 'It has expired.');
    const { git } = await startWith({ ...accountsOf({ work: GITHUB }), get_token: expired });
    expect(await git('erase', typed('github.com', 'x-access-token', 'old'))).toMatchObject({
      code: 0,
      stderr: '',
    });
  });
});
