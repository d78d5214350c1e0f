import { existsSync } from 'node:fs';
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { connect } from '../../client/index.js';
import type { ExportedContent } from '../../daemon/core/transfer/content.js';
import { decodeExport, encodeExport } from '../../daemon/core/transfer/export-file.js';
import { startFakeTokenEndpoint } from '../support/provider/fake-token-endpoint.js';
import { importAccount } from '../support/provider/imports.js';
import { createSandbox, program, type Sandbox } from '../support/start/sandbox.js';
import { stopAfter } from '../support/start/stop-after.js';
import * as stored from '../support/stored.js';
import { expectNowhere } from '../support/wire/nowhere.js';

const PASSWORD = 'correct horse battery';
const PASSPHRASE = 'staple of another horse';

async function createHome(): Promise<Sandbox> {
  const sandbox = await stopAfter(createSandbox());
  await mkdir(join(sandbox.home, 'config'), { mode: 0o700 });
  await writeFile(join(sandbox.home, 'config', 'config.toml'), '[vault]\nkey = "key_file"\n');
  return sandbox;
}

describe('with a daemon', () => {
  let sandbox: Sandbox;
  const run = (args: string[], input = '') => sandbox.run(args, { input });

  beforeEach(async () => {
    sandbox = await createHome();
    await sandbox.startDaemon();
    await run(['secret', 'set', 'a/key'], 'a value');
  });

  test('lock and unlock without a password, and a warning of what that is worth', async () => {
    expect(await run(['vault', 'lock'])).toEqual({
      code: 0,
      signal: null,
      stdout: '',
      stderr: expect.stringMatching(/locked\.\n.*warning: .*against accident only: the key file opens/s),
    });
    expect(await run(['vault', 'status', '--json'])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('"state":"locked"'),
    });
    for (const args of [
      ['secret', 'get', 'a/key'],
      ['secret', 'get', 'a/key', '--direct'],
    ]) {
      expect(await run(args)).toMatchObject({
        code: 6,
        stdout: '',
        stderr: expect.stringContaining('sigilforge vault unlock'),
      });
    }
    expect(await run(['vault', 'unlock', '--json'])).toMatchObject({
      code: 0,
      stdout: '{"state":"unlocked"}\n',
    });
    expect(await run(['secret', 'get', 'a/key'])).toMatchObject({ code: 0, stdout: 'a value\n' });
  });

  test('a password from standard input, as the only way in', async () => {
    const set = await run(['vault', 'set-password', '--only'], `${PASSWORD}\n`);
    expect(set).toMatchObject({ code: 0, stdout: expect.stringMatching(/^[0-9a-f-]{36}\tpassword\t\S+\n$/) });
    const locked = await run(['vault', 'lock']);
    expect(locked.stderr).not.toContain('warning');
    expect(await run(['vault', 'unlock'], 'wrong\n')).toMatchObject({ code: 7 });
    await expect
      .poll(async () => (await run(['vault', 'unlock'], `${PASSWORD}\n`)).code, { timeout: 20_000 })
      .toBe(0);
    expect(await run(['secret', 'get', 'a/key'])).toMatchObject({ stdout: 'a value\n' });
    // The library in another process starts locked.
    expect(await run(['secret', 'get', 'a/key', '--direct'])).toMatchObject({ code: 6 });
    await expectNowhere(sandbox, [PASSWORD]);
  });

  test('a recovery key on standard output, and everything to know about it on standard error', async () => {
    const { code, stdout, stderr } = await run(['vault', 'recovery-key']);
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: expect.stringMatching(/^([0-9A-Z]{4}-){13}[0-9A-Z]{4}\n$/),
    });
    expect(stderr).toContain('shown only once');
    await run(['vault', 'set-password', '--only'], PASSWORD);
    await run(['vault', 'lock']);
    expect(await run(['vault', 'unlock'], stdout)).toMatchObject({ code: 0 });
    await expectNowhere(sandbox, [stdout.trim()]);
  });

  test('slots are removed by their id, and a new key is made', async () => {
    await run(['vault', 'set-password'], PASSWORD);
    const { stdout } = await run(['vault', 'status']);
    const [, file = ''] = /^([0-9a-f-]{36})\tkey_file/m.exec(stdout) ?? [];
    expect(await run(['vault', 'remove-slot', file])).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^[0-9a-f-]{36}\tpassword\t\S+\n$/),
    });
    expect(existsSync(join(sandbox.home, 'data', 'vault.key'))).toBe(false);
    const [, password = ''] = /^([0-9a-f-]{36})\tpassword/m.exec(stdout) ?? [];
    expect(await run(['vault', 'remove-slot', password])).toMatchObject({ code: 7 });
    // The value of the secret, and the key that the record of releases began with.
    expect(await run(['vault', 'rotate', '--json'])).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^\{"key_id":"[0-9a-f-]{36}","resealed":2\}\n$/),
    });
  });

  test('lock and unlock are for the daemon', async () => {
    for (const name of ['lock', 'unlock']) {
      expect(await run(['vault', name, '--direct'])).toMatchObject({ code: 2 });
    }
    await run(['daemon', 'stop']);
    for (const name of ['lock', 'unlock']) expect(await run(['vault', name])).toMatchObject({ code: 9 });
  });

  test('what works in this process is refused where the socket is pinned', async () => {
    const env = { SIGILFORGE_SOCKET: sandbox.socket };
    const file = join(sandbox.home, 'exported');
    for (const name of ['export', 'import']) {
      expect(await sandbox.run(['vault', name, file], { input: PASSPHRASE, env })).toMatchObject({ code: 9 });
    }
  });
});

describe('one encrypted file', () => {
  let sandbox: Sandbox;
  let file: string;
  const exportAll = (args: string[] = []) =>
    sandbox.run(['vault', 'export', file, ...args, '--json'], { input: `${PASSPHRASE}\n` });
  const importInto = (home: Sandbox, args: string[] = [], input = PASSPHRASE) =>
    home.run(['vault', 'import', file, ...args, '--json'], { input });

  /** A home with two secrets, one of them bytes, a provider and its account. */
  beforeEach(async () => {
    sandbox = await createHome();
    file = join(sandbox.home, 'backup');
    const fake = await stopAfter(startFakeTokenEndpoint());
    const { socket } = await sandbox.startDaemon();
    const client = await connect({ socket });
    onTestFinished(() => client.close());
    await fake.configure(client, 'the-client-secret');
    await client.setSecret({ key: 'text', value: 'the-secret-value\n' });
    await client.setSecret({ key: 'bytes', value: 'AP8=', encoding: 'base64' });
    await importAccount(client, fake, 'fake', 'work');
    await client.addAccount({ service: 'plain', account: 'key', credential: { api_key: 'the-api-key' } });
    answer = (body) => fake.route('POST /token', () => ({ body }));
    requests = () => fake.sentTo('POST /token').length;
  });
  let answer: (body: object) => void;
  let requests: () => number;

  const counts = (text: string) => JSON.parse(text || '{}');

  test('holds secrets and providers, is private, and shows none of them', async () => {
    const { code, stdout } = await exportAll();
    expect({ code, ...counts(stdout) }).toEqual({
      code: 0,
      secrets: 2,
      providers: 1,
      accounts: 0,
      missing: [],
      damaged: [],
    });
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    const [line = ''] = (await readFile(file, 'latin1')).split('\n');
    expect(JSON.parse(line)).toMatchObject({
      format: 'sigilforge export',
      version: 1,
      kdf: { algorithm: 'argon2id' },
    });
    await expectNowhere(sandbox, ['the-secret-value', 'the-client-secret', 'the-api-key', PASSPHRASE]);
  });

  test('of a vault that only a password opens is made where it can be asked for, and the error says so', async () => {
    await sandbox.run(['vault', 'set-password', '--only'], { input: 'a password' });
    const { code, stderr } = await exportAll();
    expect({ code, made: existsSync(file) }).toEqual({ code: 6, made: false });
    expect(counts(stderr).error.hint).toContain('Run this in a terminal, which asks for the password.');
    expect(stderr).not.toContain('vault unlock');
    const command = [...program('sigilforge'), 'vault', 'export', file];
    const terminal = sandbox.spawn(command, { tty: true });
    for (const [asked, typed] of [
      [/Passphrase for the file: /, PASSPHRASE],
      [/Enter it again: /, PASSPHRASE],
      [/Password of the vault: /, 'a password'],
    ] as const) {
      await terminal.seen(asked, 'stdout');
      terminal.write(`${typed}\r`);
    }
    expect(await terminal.exited).toMatchObject({ code: 0 });
    expect(existsSync(file)).toBe(true);
  });

  test('is not written over another file unless told so', async () => {
    await writeFile(file, 'mine');
    expect(await exportAll()).toMatchObject({ code: 1, stdout: '' });
    expect(await readFile(file, 'utf8')).toBe('mine');
    expect(await exportAll(['--force'])).toMatchObject({ code: 0 });
    expect((await stat(file)).mode & 0o777).toBe(0o600);
  });

  test('arrives in another home to the byte', async () => {
    await exportAll();
    const home = await createHome();
    expect(counts((await importInto(home, ['--verify'])).stdout)).toEqual({
      secrets: 2,
      providers: 1,
      accounts: 0,
    });
    expect(await home.run(['secret', 'list'])).toMatchObject({ stdout: '' });
    expect(await importInto(home)).toMatchObject({ code: 0 });
    expect(await home.run(['secret', 'get', 'text', '--json'])).toMatchObject({
      stdout: expect.stringContaining('"the-secret-value\\n"'),
    });
    expect(await home.run(['secret', 'get', 'bytes', '--json'])).toMatchObject({
      stdout: expect.stringContaining('"AP8="'),
    });
    expect(await home.run(['provider', 'show', 'fake', '--json'])).toMatchObject({
      stdout: expect.stringContaining('"has_client_secret":true'),
    });
    expect(await home.run(['list-accounts'])).toMatchObject({ stdout: '' });
  });

  test('replaces nothing unless told so, and then all or nothing', async () => {
    await exportAll(['--with-grants']);
    await sandbox.run(['secret', 'delete', 'bytes']);
    await sandbox.run(['secret', 'set', 'text'], { input: 'newer' });
    expect(await importInto(sandbox)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('and 3 more'),
    });
    expect(await sandbox.run(['secret', 'get', 'bytes'])).toMatchObject({ code: 3 });
    expect(await importInto(sandbox, ['--force'])).toMatchObject({ code: 0 });
    expect(await sandbox.run(['secret', 'get', 'text'])).toMatchObject({ stdout: 'the-secret-value\n\n' });
    expect(await sandbox.run(['secret', 'get', 'bytes'])).toMatchObject({ code: 0 });
  });

  test('grants arrive parked, and are exchanged only when a person takes them over', async () => {
    expect(counts((await exportAll(['--with-grants'])).stdout)).toMatchObject({ accounts: 2 });
    const home = await createHome();
    expect(await importInto(home)).toMatchObject({ code: 0 });
    const state = async () =>
      JSON.parse((await home.run(['get-account', 'fake', 'work', '--json'])).stdout).state;
    expect(await state()).toBe('parked');
    expect(await home.run(['get-token', 'plain', 'key'])).toMatchObject({ stdout: 'the-api-key\n' });
    expect(await home.run(['get-token', 'fake', 'work'])).toMatchObject({ code: 0, stdout: 'first\n' });
    const before = requests();
    stored.expire(home.home, 'work');
    expect(await home.run(['get-token', 'fake', 'work'])).toMatchObject({
      code: 4,
      stderr: expect.stringMatching(/copied from another vault.*sigilforge refresh-token fake work/s),
    });
    expect(requests()).toBe(before);
    answer({ error: 'temporarily_unavailable' });
    expect(await home.run(['refresh-token', 'fake', 'work'])).toMatchObject({ code: 5 });
    expect(await state()).toBe('parked');
    answer({ access_token: 'second', token_type: 'Bearer', expires_in: 3600 });
    expect(await home.run(['refresh-token', 'fake', 'work'])).toMatchObject({ code: 0, stdout: 'second\n' });
    expect(await state()).toBe('ok');
  });

  test('one refresh token does not come under two names', async () => {
    await exportAll(['--with-grants']);
    const home = await createHome();
    await importInto(home);
    stored.rename(home.home, 'work', 'renamed');
    const again = await importInto(home, ['--force']);
    expect(again).toMatchObject({ code: 1, stderr: expect.stringContaining('renamed') });
  });

  test.each([
    ['with another passphrase', (bytes: Buffer) => bytes, 'not it', 7],
    ['cut off', (bytes: Buffer) => bytes.subarray(0, -1), PASSPHRASE, 7],
    [
      'changed in its header',
      (bytes: Buffer) => edit(bytes, '"version":1,"', '"version":1, "'),
      PASSPHRASE,
      7,
    ],
    ['asking for a terabyte', (bytes: Buffer) => edit(bytes, '65536', '999999999'), PASSPHRASE, 7],
    ['of a later version', (bytes: Buffer) => edit(bytes, '"version":1', '"version":2'), PASSPHRASE, 10],
    ['something else', () => Buffer.from('hello\n'), PASSPHRASE, 7],
    ['empty', () => Buffer.alloc(0), PASSPHRASE, 7],
  ])('%s: nothing is imported', async (_, change, passphrase, code) => {
    await exportAll();
    await writeFile(file, change(await readFile(file)));
    const home = await createHome();
    for (const args of [[], ['--verify']]) {
      expect(await importInto(home, args, passphrase)).toMatchObject({ code, stdout: '' });
    }
    expect(await home.run(['secret', 'list'])).toMatchObject({ code: 0, stdout: '' });
  });

  test('what is damaged is left out and named, and everything else is in the file', async () => {
    stored.damage(sandbox.home, 'work', 'scopes');
    stored.damageSecrets(sandbox.home, 'text');
    const { code, stdout, stderr } = await exportAll(['--with-grants']);
    expect({ code, ...counts(stdout) }).toEqual({
      ...{ code: 0, secrets: 1, providers: 1, accounts: 1, missing: [] },
      damaged: ['the secret text', 'the account fake/work'],
    });
    expect(stderr).toContain('Left out, because it is damaged: the secret text, the account fake/work.');
    const home = await createHome();
    expect(await importInto(home)).toMatchObject({ code: 0 });
    expect(await home.run(['get-token', 'plain', 'key'])).toMatchObject({ stdout: 'the-api-key\n' });
    expect(await home.run(['secret', 'get', 'bytes'])).toMatchObject({ code: 0 });
  });

  test('a damaged provider is left out as well', async () => {
    stored.damageProvider(sandbox.home, 'fake');
    const { code, stdout } = await exportAll(['--with-grants']);
    expect({ code, ...counts(stdout) }).toMatchObject({
      ...{ code: 0, secrets: 2, providers: 0, accounts: 2 },
      damaged: ['the provider fake'],
    });
  });

  test.each<[string, string, (content: ExportedContent) => ExportedContent]>([
    [
      'an account',
      'the account fake/work',
      ({ accounts, ...rest }) => ({
        ...rest,
        accounts: accounts.map((account) => ({ ...account, client: account.client && '{}' })),
      }),
    ],
    [
      'the scopes of an account',
      'the account fake/work',
      ({ accounts, ...rest }) => ({
        ...rest,
        accounts: accounts.map((account) =>
          account.account === 'work' ? { ...account, scopes: '[1]' } : account,
        ),
      }),
    ],
    [
      'a provider',
      'the provider fake',
      ({ providers, ...rest }) => ({
        ...rest,
        providers: providers.map((provider) => ({ ...provider, settings: { issuer: 'ftp://x' } })),
      }),
    ],
    [
      'a list in the place of settings',
      'the provider fake',
      ({ providers, ...rest }) => ({
        ...rest,
        providers: providers.map((provider) => ({ ...provider, settings: [] as object })),
      }),
    ],
    [
      'a secret',
      'the secret bytes',
      ({ secrets, ...rest }) => ({
        ...rest,
        secrets: secrets.map((secret) =>
          secret.key === 'bytes' ? { ...secret, encoding: 'rot13' as 'utf8' } : secret,
        ),
      }),
    ],
    ['a secret that is no base64', 'the secret bytes', changedSecret('bytes', { value: '!!' })],
    ['a secret that is no text', 'the secret text', changedSecret('text', { value: '\ud800' })],
    ['a secret that is too long', 'the secret text', changedSecret('text', { value: 'x'.repeat(2 ** 19) })],
    ['a time between two milliseconds', 'the account fake/work', changedAccount({ expires_at: 1.5 })],
    ['a time that no database holds', 'the account fake/work', changedAccount({ issued_at: 1e300 })],
    ['an account without its client', 'the account fake/work', changedAccount({ client: null })],
    ['a key that signs nothing', 'the account fake/work', changedAccount({ private_key: 'a key' })],
    ['a flow without its key', 'the account fake/work', changedAccount({ flow: 'jwt_bearer' })],
    ['a client that is an API key', 'the account fake/work', changedAccount({ kind: 'api_key' })],
    [
      'addresses that cannot be a list',
      'the provider fake',
      ({ providers, ...rest }) => ({
        ...rest,
        providers: providers.map((provider) => ({ ...provider, secret_origins: '{}' })),
      }),
    ],
  ])('with %s that cannot be read: nothing is imported, and the error names it', async (_, name, damage) => {
    await exportAll(['--with-grants']);
    const { accounts, ...content } = await decodeExport(await readFile(file), PASSPHRASE);
    const whole = {
      ...content,
      accounts: accounts.map(({ client, minting, scopes, asked_scopes, ...account }) => ({
        ...account,
        client: client && JSON.stringify(client),
        minting: minting && JSON.stringify(minting),
        scopes: JSON.stringify(scopes),
        asked_scopes: asked_scopes && JSON.stringify(asked_scopes),
      })),
    };
    await writeFile(file, await encodeExport(damage(whole), PASSPHRASE, '2026-01-01T00:00:00.000Z'));
    const home = await createHome();
    for (const args of [[], ['--verify']]) {
      expect(await importInto(home, args)).toMatchObject({
        code: 7,
        stderr: expect.stringContaining(`(${name})`),
      });
    }
    expect(await home.run(['secret', 'list'])).toMatchObject({ code: 0, stdout: '' });
  });

  test('a file that is not there', async () => {
    expect(await importInto(sandbox)).toMatchObject({ code: 3 });
  });
});

type Change = (content: ExportedContent) => ExportedContent;

function changedAccount(changes: Partial<ExportedContent['accounts'][number]>): Change {
  return ({ accounts, ...rest }) => ({
    ...rest,
    accounts: accounts.map((account) => (account.account === 'work' ? { ...account, ...changes } : account)),
  });
}

function changedSecret(key: string, changes: Partial<ExportedContent['secrets'][number]>): Change {
  return ({ secrets, ...rest }) => ({
    ...rest,
    secrets: secrets.map((secret) => (secret.key === key ? { ...secret, ...changes } : secret)),
  });
}

const edit = (bytes: Buffer, from: string, to: string): Buffer =>
  Buffer.from(bytes.toString('latin1').replace(from, to), 'latin1');
