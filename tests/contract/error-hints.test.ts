import { existsSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import type { Core } from '../../daemon/core/core.js';
import { parseConfig } from '../../shared/config.js';
import type { ParamsOf } from '../../shared/contract/index.js';
import { MAX_SECRET_BYTES } from '../../shared/limits.js';
import { begin, callback, completed } from '../support/accounts.js';
import { commandsIn } from '../support/commands.js';
import { createFakeVals } from '../support/fake-vals.js';
import { type FakeAnswer, type FakeProvider, startFakeProvider } from '../support/provider/fake-provider.js';
import { openPage } from '../support/provider/person.js';
import { makeEcKey, makeRsaKey } from '../support/provider/signing-keys.js';
import { follow, knows, RaisedErrors } from '../support/raised-errors.js';
import { type DaemonBackend, startDaemon } from '../support/start/backends.js';
import { openTestCore } from '../support/start/core.js';
import { createSandbox } from '../support/start/sandbox.js';
import { stopAfter } from '../support/start/stop-after.js';
import * as stored from '../support/stored.js';

// Makes the errors of sign-in, refresh, vault, secrets, providers and references, each in the state that the list has for
// it, and does what the hint says: afterwards it works.

const raised = new RaisedErrors();
const vals = createFakeVals();
let fake: FakeProvider;
let daemon: DaemonBackend;

beforeAll(async () => {
  fake = await startFakeProvider();
  daemon = await startDaemon({
    config: '[vals]\nenabled = true\nallow = ["echo", "fail", "megabyte"]',
    env: { PATH: vals.path },
  });
});
afterAll(async () => {
  await daemon.stop();
  await fake.stop();
  vals.remove();
});

const granted: FakeAnswer = {
  body: { access_token: 'an access token', refresh_token: 'a refresh token', expires_in: 3600 },
};
const refused = (error: string, status = 400): FakeAnswer => ({ status, body: { error } });
const answer = (token: FakeAnswer): void => fake.route('POST /token', () => token);

/** Refresh tokens that differ, as no two accounts may have the same one. */
let grants = 0;
function grantAnew(more: object = {}): void {
  fake.route('POST /token', () => ({
    body: {
      access_token: `access ${++grants}`,
      refresh_token: `refresh ${grants}`,
      expires_in: 3600,
      ...more,
    },
  }));
}

/** A whole sign-in to `SERVICE/work`. */
async function signIn(service: string, params: Partial<ParamsOf<'add_account'>> = {}): Promise<void> {
  const begun = await begin(daemon.api, { service, ...params });
  await openPage(callback(begun, { code: 'c' }));
  await completed(daemon.api, begun.flowId);
}

/** A sign-in that ends by what the browser comes back with. */
async function comesBack(service: string, response: Record<string, string>): Promise<void> {
  const begun = await begin(daemon.api, { service });
  await openPage(callback(begun, response));
  await completed(daemon.api, begun.flowId);
}

/** A new provider, and an account of it that a refresh is due for. */
async function expired(
  service: string,
  params: Partial<ParamsOf<'add_account'>> = {},
): Promise<{ service: string; account: string }> {
  await knows(daemon, fake, service);
  grantAnew();
  await signIn(service, params);
  // The names of the accounts are the same: expiring all of them does no harm.
  stored.expire(daemon.sandbox.home);
  return { service, account: 'work' };
}

describe('accounts', () => {
  test('one that is not there can be signed in to', async () => {
    await knows(daemon, fake, 'new');
    grantAnew();
    const error = await raised.of(() => daemon.api.getToken({ service: 'new', account: 'work' }));
    expect(await follow(daemon, error)).toEqual(['sigilforge add-account new work']);
    expect(await daemon.api.getToken({ service: 'new', account: 'work' })).toMatchObject({
      token_type: 'bearer',
    });
  });

  test('one that is there can be replaced', async () => {
    await knows(daemon, fake, 'there');
    grantAnew();
    await signIn('there');
    const error = await raised.of(() => begin(daemon.api, { service: 'there' }));
    expect(error.hint).toContain('--replace');
    await signIn('there', { replace: true });
  });

  test('a damaged one can be removed and signed in to again', async () => {
    const names = await expired('broken');
    stored.damage(daemon.sandbox.home, '*', 'client');
    const error = await raised.of(() => daemon.api.refreshToken(names));
    for (const { account, service } of (await daemon.api.listAccounts()).accounts) {
      if (service !== 'broken') await daemon.api.removeAccount({ service, account, revoke: false });
    }
    expect(await follow(daemon, error)).toHaveLength(2);
    await daemon.api.refreshToken(names);
  });

  test('a refresh token belongs to one account', async () => {
    await knows(daemon, fake, 'imports');
    grantAnew();
    const add = (account: string) =>
      daemon.api.addAccount({ service: 'imports', account, credential: { refresh_token: 'the same' } });
    await add('first');
    await raised.of(() => add('second'));
  });
});

describe('a sign-in', () => {
  test('needs a provider, an issuer or endpoints, and a client', async () => {
    fake.route('GET /.well-known/openid-configuration', () => ({
      body: {
        issuer: fake.url,
        authorization_endpoint: `${fake.url}/authorize`,
        token_endpoint: `${fake.url}/token`,
        response_types_supported: ['code'],
      },
    }));
    grantAnew();
    const none = await raised.of(() => begin(daemon.api, { service: 'unheard' }));
    await follow(daemon, none, { words: { URL: fake.url, ID: 'client' } });
    await signIn('unheard');
    for (const error of ['invalid_scope', 'consent_required']) {
      const { flowId, ...begun } = await begin(daemon.api, { service: 'unheard', account: 'other' });
      const redirect_url = callback({ flowId, ...begun }, { error });
      await raised.of(() => daemon.api.completeFlow({ flow_id: flowId, redirect_url }));
    }

    const nowhere = await raised.of(() => daemon.api.setProvider({ id: 'nowhere' }));
    await follow(daemon, nowhere, { words: { URL: fake.url } });
    const clientless = await raised.of(() => begin(daemon.api, { service: 'nowhere' }));
    await follow(daemon, clientless, { words: { ID: 'client' } });
    await signIn('nowhere');
  });

  test('needs the endpoints of its flow', async () => {
    await daemon.api.setProvider({
      id: 'machines',
      token_endpoint: `${fake.url}/token`,
      client_id: 'client',
    });
    grantAnew();
    const browser = await raised.of(() => begin(daemon.api, { service: 'machines' }));
    await follow(daemon, browser, { words: { URL: `${fake.url}/authorize` } });
    await signIn('machines');
    const device = await raised.of(() =>
      begin(daemon.api, { service: 'machines', account: 'phone', flow: 'device_code' }),
    );
    await follow(daemon, device, { words: { URL: `${fake.url}/device` } });
    fake.route('POST /device', () => ({
      body: { device_code: 'd', user_code: 'U', verification_uri: 'https://x.example', interval: 1 },
    }));
    await daemon.api
      .addAccount({ service: 'machines', account: 'phone', flow: 'device_code' })
      .then(({ flow_id }) => completed(daemon.api, flow_id ?? ''));
  });

  test('by another device may be refused, or be too late', async () => {
    await knows(daemon, fake, 'phone');
    const start = async (more: object = {}) => {
      fake.route('POST /device', () => ({
        body: {
          device_code: 'd',
          user_code: 'U',
          verification_uri: 'https://x.example',
          interval: 1,
          ...more,
        },
      }));
      const { flow_id } = await daemon.api.addAccount({
        service: 'phone',
        account: 'work',
        flow: 'device_code',
      });
      return flow_id ?? '';
    };
    for (const code of ['access_denied', 'expired_token', 'invalid_grant']) {
      answer(refused(code));
      const flow = await start();
      await raised.of(() => completed(daemon.api, flow));
    }
    const waiting = await start();
    await raised.of(() => daemon.api.completeFlow({ flow_id: waiting, redirect_url: 'https://x.example' }));
    await daemon.api.cancelFlow({ flow_id: waiting });
    await raised.of(() => completed(daemon.api, waiting));
  });

  test('by the browser may come back with anything', async () => {
    await knows(daemon, fake, 'browser', { iss: ['https://right.example'] });
    for (const response of [
      { error: 'access_denied' },
      { error: 'consent_required' },
      { error: 'redirect_uri_mismatch' },
      { error: 'temporarily_unavailable' },
      { code: '' },
      { code: 'c', iss: 'https://wrong.example' },
    ]) {
      await raised.of(() => comesBack('browser', response));
    }
    const begun = await begin(daemon.api, { service: 'browser' });
    await raised.of(() =>
      daemon.api.completeFlow({ flow_id: begun.flowId, redirect_url: 'https://x.example' }),
    );
    const other = await raised.of(() => begin(daemon.api, { service: 'browser', scopes: ['other'] }));
    expect(other.hint).toContain('cancel');
    await daemon.api.cancelFlow({ flow_id: begun.flowId });
    await raised.of(() => daemon.api.waitFlow({ flow_id: '0197a9b2-5d5c-7cc0-8000-00000000000f' }));
    grantAnew();
    await signIn('browser', { scopes: ['other'] });
  });

  test.each([
    refused('invalid_grant'),
    refused('unauthorized_client'),
    refused('unsupported_grant_type'),
    refused('invalid_scope'),
    refused('invalid_target'),
    refused('invalid_dpop_proof'),
    refused('strange'),
    refused('server_error', 503),
    refused('slow_down', 429),
    { body: '<h1>Hotel</h1>' },
  ])('the token endpoint may answer %j, and the next one works', async (token) => {
    await knows(daemon, fake, 'moody');
    answer(token);
    const error = await raised.of(() => comesBack('moody', { code: 'c' }));
    expect(error.hint).not.toMatch(/SERVICE|ACCOUNT|token-info/);
    grantAnew();
    await signIn('moody');
    await daemon.api.removeAccount({ service: 'moody', account: 'work', revoke: false });
  });

  test('a client that is not recognized can be corrected', async () => {
    await knows(daemon, fake, 'strict', { client_id: 'wrong' });
    fake.route('POST /token', ({ form }) =>
      form['client_id'] === 'right' ? granted : refused('invalid_client', 401),
    );
    const error = await raised.of(() => comesBack('strict', { code: 'c' }));
    await follow(daemon, error, { words: { CLIENT_ID: 'right' }, input: 'a secret' });
    await daemon.api.setProvider({ id: 'strict', client_auth: 'client_secret_post' });
    await signIn('strict');
    await daemon.api.removeAccount({ service: 'strict', account: 'work', revoke: false });
    await daemon.api.setProvider({ id: 'strict', client_id: 'wrong', client_secret: 'a secret' });
    const twice = await raised.of(() => comesBack('strict', { code: 'c' }));
    expect(twice.hint).toContain('client_secret_basic and as client_secret_post');
  });

  test('whose secret is taken in the other way, and that fails all the same', async () => {
    await knows(daemon, fake, 'ways', { client_secret: 'a secret', client_auth: 'client_secret_basic' });
    fake.route('POST /token', ({ form }) =>
      form['client_secret'] === undefined ? refused('invalid_client', 401) : refused('invalid_grant'),
    );
    const error = await raised.of(() => comesBack('ways', { code: 'c' }));
    expect(await follow(daemon, error)).toEqual([
      'sigilforge provider set ways --client-auth client_secret_post',
    ]);
    grantAnew();
    await signIn('ways');
  });

  test('does not send a secret to another address', async () => {
    await knows(daemon, fake, 'moved', { client_secret: 'a secret' });
    const moved = fake.url.replace('127.0.0.1', 'localhost');
    await daemon.api.setProvider({ id: 'moved', token_endpoint: `${moved}/token` });
    const error = await raised.of(() => begin(daemon.api, { service: 'moved' }));
    grantAnew();
    await follow(daemon, error, { input: 'a secret' });
    await signIn('moved');
  });

  test('at a provider that does not answer, or without a port to come back to', async () => {
    await knows(daemon, fake, 'unreachable', { token_endpoint: 'http://127.0.0.1:1/token' });
    await raised.of(() => comesBack('unreachable', { code: 'c' }));
    await knows(daemon, fake, 'taken', { redirect_uri: `${fake.url}/back` });
    const error = await raised.of(() => begin(daemon.api, { service: 'taken' }));
    await follow(daemon, error, { words: { URL: 'http://127.0.0.1/back' } });
    grantAnew();
    await signIn('taken');
  });

  test('finds an issuer that says too little, and the endpoints can be named', async () => {
    const metadata = (answer: FakeAnswer): void => {
      for (const name of ['openid-configuration', 'oauth-authorization-server']) {
        fake.route(`GET /.well-known/${name}`, () => answer);
      }
    };
    await daemon.api.setProvider({ id: 'shy', issuer: fake.url, client_id: 'client' });
    const other = 'http://127.0.0.1:1';
    const endpoints = {
      authorization_endpoint: `${fake.url}/authorize`,
      token_endpoint: `${fake.url}/token`,
    };
    for (const answer of [
      { status: 404 },
      { status: 503 },
      { status: 403 },
      { body: '<h1>Hotel</h1>' },
      { body: { issuer: 42 } },
      { body: { issuer: other, ...endpoints } },
      { status: 302, headers: { location: `${other}/elsewhere` } },
    ]) {
      metadata(answer);
      await raised.of(() => begin(daemon.api, { service: 'shy' }));
    }
    await daemon.api.setProvider({ id: 'deaf', issuer: other, client_id: 'client' });
    await raised.of(() => begin(daemon.api, { service: 'deaf' }));
    metadata({
      body: { issuer: fake.url, ...endpoints, token_endpoint_auth_methods_supported: ['tls_client_auth'] },
    });
    await daemon.api.setProvider({ id: 'shy', client_secret: 'a secret' });
    answer(refused('invalid_client', 401));
    await raised.of(() => comesBack('shy', { code: 'c' }));
    metadata({ status: 404 });
    const error = await raised.of(() => begin(daemon.api, { service: 'shy' }));
    await follow(daemon, error, { words: { URL: `${fake.url}/authorize` } });
    await daemon.api.setProvider({ id: 'shy', token_endpoint: `${fake.url}/token` });
    grantAnew();
    await signIn('shy');
  });

  test('is one of a limited number', async () => {
    await knows(daemon, fake, 'many');
    const flows: string[] = [];
    const error = await raised.of(async () => {
      for (;;) flows.push((await begin(daemon.api, { service: 'many', account: `a${flows.length}` })).flowId);
    });
    expect(error.hint).toMatch(/^Finish or cancel/);
    for (const flow_id of flows) await daemon.api.cancelFlow({ flow_id });
    grantAnew();
    await signIn('many');
  });

  test('with credentials of its own says what is wrong with them', async () => {
    await knows(daemon, fake, 'keys');
    const add = (
      credential: NonNullable<ParamsOf<'add_account'>['credential']>,
      more: Partial<ParamsOf<'add_account'>> = {},
    ) => raised.of(() => daemon.api.addAccount({ service: 'keys', account: 'robot', credential, ...more }));
    const rsa = makeRsaKey().pem;
    answer(refused('invalid_grant'));
    await add({ private_key: rsa, issuer: 'me' });
    await add({ refresh_token: 'gone' });
    await add({ private_key: 'no key', issuer: 'me' });
    await add({ private_key: '{ "broken"', issuer: 'me' });
    await add({ private_key: makeRsaKey('pkcs8', 1024).pem, issuer: 'me' });
    await add({
      private_key: '-----BEGIN ENCRYPTED PRIVATE KEY-----\nx\n-----END ENCRYPTED PRIVATE KEY-----',
      issuer: 'me',
    });
    await add({ private_key: rsa, issuer: 'me' }, { params: { resource: 'x', strange: 'y' } });
    await add({ private_key: rsa });
    await add({ app_id: '1', installation_id: '2', private_key: rsa });
    const github = { service: 'github-app', account: 'bot' };
    await add({ app_id: '1', installation_id: '2', private_key: makeEcKey('P-256').pem }, github);
    fake.route('POST /api/v3/app/installations/2/access_tokens', () => ({
      status: 404,
      body: { message: 'Not Found' },
    }));
    await add({ app_id: '1', installation_id: '2', private_key: rsa }, { ...github, issuer: fake.url });
  });

  test('for an ID token of another client is refused', async () => {
    await knows(daemon, fake, 'foreign', { default_scopes: ['openid'] });
    const claims = Buffer.from(JSON.stringify({ nonce: 'of another sign-in', sub: 'ada' })).toString(
      'base64url',
    );
    grantAnew({ id_token: `e30.${claims}.` });
    await raised.of(() => comesBack('foreign', { code: 'c' }));
  });

  test('without a refresh token keeps the one that is there', async () => {
    await knows(daemon, fake, 'short');
    grantAnew();
    await signIn('short');
    answer({ body: { access_token: 'short', expires_in: 60 } });
    const error = await raised.of(() => signIn('short', { replace: true }));
    expect(error.hint).toContain('--without-refresh');
    await signIn('short', { replace: true, without_refresh: true });
  });

  test('on a fixed port waits for the one that has it', async () => {
    const { url, stop } = await startFakeProvider();
    await stop();
    await knows(daemon, fake, 'fixed', { redirect_uri: `${url}/back` });
    const first = await begin(daemon.api, { service: 'fixed', account: 'first' });
    await raised.of(() => begin(daemon.api, { service: 'fixed', account: 'second' }));
    await daemon.api.cancelFlow({ flow_id: first.flowId });
    const second = await begin(daemon.api, { service: 'fixed', account: 'second' });
    await daemon.api.cancelFlow({ flow_id: second.flowId });
  });
});

describe('a refresh', () => {
  test('of a grant that is over: the command signs in again, to the same scopes', async () => {
    const names = await expired('over', { scopes: ['a', 'b'] });
    answer(refused('invalid_grant'));
    const error = await raised.of(() => daemon.api.getToken(names));
    grantAnew();
    expect(await follow(daemon, error)).toEqual(['sigilforge add-account over work --replace --scopes a,b']);
    expect(await daemon.api.getAccount(names)).toMatchObject({ state: 'ok', scopes: ['a', 'b'] });
    await daemon.api.getToken(names);
  });

  test.each(['invalid_scope', 'invalid_client', 'unsupported_grant_type'])(
    'that is refused with %s',
    async (code) => {
      const names = await expired(`refused-${code.replaceAll('_', '-')}`);
      answer(refused(code, code === 'invalid_client' ? 401 : 400));
      const error = await raised.of(() => daemon.api.getToken(names));
      expect(error.hint).not.toMatch(/SERVICE|ACCOUNT/);
      const again = await raised.of(() => daemon.api.getToken(names));
      grantAnew();
      expect(await follow(daemon, again)).toEqual([`sigilforge refresh-token ${names.service} work`]);
      await daemon.api.getToken(names);
    },
  );

  test('that the call does not allow, or that comes too soon', async () => {
    const names = await expired('unwanted');
    await raised.of(() => daemon.api.getToken({ ...names, refresh_if_needed: false }));
    const { access_token } = await daemon.api.refreshToken(names);
    await raised.of(() => daemon.api.getToken({ ...names, rejected_token: access_token }));
    answer({ body: { refresh_token: 'only this' } });
    const error = await raised.of(() => daemon.api.refreshToken(names));
    grantAnew();
    await follow(daemon, error);
  });

  test('of an API key is a new key', async () => {
    const names = { service: 'keyed', account: 'work' };
    await daemon.api.addAccount({ ...names, credential: { api_key: 'old' } });
    const error = await raised.of(() => daemon.api.refreshToken(names));
    expect(await follow(daemon, error, { input: 'new' })).toEqual([
      'sigilforge add-account keyed work --replace --api-key',
    ]);
    expect(await daemon.api.getToken(names)).toMatchObject({ access_token: 'new' });
  });
});

describe('secrets and references', () => {
  test('a secret that is not there can be stored', async () => {
    const error = await raised.of(() => daemon.api.getSecret({ key: 'a/key' }));
    await follow(daemon, error, { words: { KEY: 'a/key' }, input: 'value' });
    expect(await daemon.api.getSecret({ key: 'a/key' })).toMatchObject({ value: 'value' });
  });

  test('a damaged secret can be stored again', async () => {
    await daemon.api.setSecret({ key: 'b/key', value: 'old' });
    stored.damageSecrets(daemon.sandbox.home, 'b/key');
    await raised.of(() => daemon.api.getSecret({ key: 'b/key' }));
    await daemon.api.setSecret({ key: 'b/key', value: 'new' });
    expect(await daemon.api.getSecret({ key: 'b/key' })).toMatchObject({ value: 'new' });
  });

  test('values and cursors have a form', async () => {
    await raised.of(() => daemon.api.setSecret({ key: 'k', value: '!', encoding: 'base64' }));
    await raised.of(() => daemon.api.setSecret({ key: 'k', value: 'x'.repeat(MAX_SECRET_BYTES + 1) }));
    await raised.of(() => daemon.api.getSecrets({ cursor: 'AA' }));
  });

  test('references', async () => {
    await daemon.api.addAccount({ service: 'kept', account: 'work', credential: { api_key: 'k' } });
    for (const reference of [
      'no reference',
      'env://SURELY_NOT_SET',
      'auth://kept/work/refresh_token',
      'auth://kept/work/client_id',
      'vals:ref+gate://x',
      'vals:ref+echo://x+ref+echo://y',
      'vals:ref+fail://x',
      'vals:ref+megabyte://x',
    ]) {
      await raised.of(() => daemon.api.resolve({ reference }));
    }
  });
});

describe('providers', () => {
  test('damaged settings can be removed and set again', async () => {
    await knows(daemon, fake, 'damaged');
    stored.damageProvider(daemon.sandbox.home, 'damaged');
    const error = await raised.of(() => daemon.api.getProvider({ id: 'damaged' }));
    await follow(daemon, error);
    await knows(daemon, fake, 'damaged');
  });
});

describe('the vault', () => {
  test('locked and unlocked, by a password', async () => {
    const own = await stopAfter(startDaemon());
    const none = await raised.of(() => own.api.unlock({ password: 'a guess' }));
    await follow(own, none, { input: 'the right one' });
    await own.api.vaultSetPassword({ password: 'the right one', only: true });
    const last = await raised.of(async () =>
      own.api.vaultRemoveSlot({ id: (await own.api.vaultStatus()).slots[0]?.id ?? '' }),
    );
    await follow(own, last, { input: 'the right one' });
    const missing = await raised.of(() =>
      own.api.vaultRemoveSlot({ id: '0197a9b2-5d5c-7cc0-8000-00000000000f' }),
    );
    await follow(own, missing);
    await own.api.setSecret({ key: 'k', value: 'v' });
    await own.api.lock();
    const locked = await raised.of(() => own.api.getSecret({ key: 'k' }));
    const wrong = await raised.of(() => own.api.unlock({ password: 'a guess' }));
    expect(wrong.hint).toMatch(/^Try again in 1 second\.$/);
    await raised.of(() => own.api.unlock({ password: 'the right one' }));
    // As long as the hint says, and not by the count of milliseconds.
    await expect
      .poll(() => own.api.unlock({ password: 'the right one' }).then(() => 'open', String), {
        timeout: 20_000,
      })
      .toBe('open');
    await own.api.lock();
    await follow(own, locked, { input: 'the right one' });
    expect(await own.api.getSecret({ key: 'k' })).toMatchObject({ value: 'v' });
  });
});

describe('with the library, opened again', () => {
  async function home(): Promise<string> {
    const { home, stop } = await createSandbox();
    onTestFinished(stop);
    return home;
  }
  const open = async (folder: string, config: string): Promise<Core> => {
    const core = await openTestCore(folder, { config: parseConfig(config, 'config.toml') });
    onTestFinished(() => core.close());
    return core;
  };
  const secret = { key: 'k', value: 'v', encoding: 'utf8' } as const;

  test('a vault that cannot be made as config.toml wants it', async () => {
    const folder = await home();
    const first = await raised.of(() => open(folder, '[vault]\nkey = "password"'));
    const core = await open(folder, '');
    expect(commandsIn(first.hint)).toEqual(['sigilforge vault set-password --only']);
    await core.vaultKeys.setPassword('a password', { only: true });
    await raised.of(async () => open(await home(), '[vault]\nkey = "credential"'));
    await writeFile(path.join(folder, 'sigilforge-key'), 'short');
    vi.stubEnv('CREDENTIALS_DIRECTORY', folder);
    await raised.of(async () => open(await home(), '[vault]\nkey = "credential"'));
    await writeFile(path.join(folder, 'sigilforge-key'), 'x'.repeat(48));
    await (await open(await home(), '[vault]\nkey = "credential"')).secrets.set(secret);
    vi.unstubAllEnvs();
  });

  test('a vault whose key is gone', async () => {
    const folder = await home();
    const key = path.join(folder, 'data', 'vault.key');
    const before = await open(folder, '[vault]\nkey = "key_file"');
    await before.secrets.set(secret);
    await before.close();
    const kept = await readFile(key);
    await rm(key);
    const without = await open(folder, '');
    const error = await raised.of(() => without.secrets.get('k'));
    expect(error.hint).toContain('Restore the keychain item or the key file');
    await writeFile(key, kept, { mode: 0o600 });
    expect(await (await open(folder, '')).secrets.get('k')).toMatchObject({ value: 'v' });
  });

  test('a vault that only its password opens', async () => {
    const folder = await home();
    const before = await open(folder, '[vault]\nkey = "key_file"');
    await before.secrets.set(secret);
    await before.vaultKeys.setPassword('a password', { only: true });
    await before.close();
    const after = await open(folder, '');
    await raised.of(() => after.secrets.get('k'));
  });

  test('references that the library does not resolve', async () => {
    const core = await open(await home(), '');
    await raised.of(() => core.resolver.resolve('env://HOME'));
    await raised.of(() => core.resolver.resolve('vals:ref+echo://x'));
    const enabled = await open(await home(), '[vals]\nenabled = true');
    vi.stubEnv('PATH', '/var/empty');
    await raised.of(() => enabled.resolver.resolve('vals:ref+echo://x'));
    vi.unstubAllEnvs();
  });
});

const ROOMS = [
  'accounts',
  'oauth',
  'providers',
  'references',
  'refresh',
  'secrets',
  'sign-in',
  'tokens',
  'vault',
].map((room) => `daemon/core/${room}/`);

/** Why an error is not made here: the test that makes it, or what it would take. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  'The server does not know the client any more that was registered there: start the sign-in again, which registers another one. If that does not help, register one by hand, then: sigilforge provider set {} --client-id ID':
    'tests/oauth/registration.test.ts',
  'The server does not know the client any more that was registered there. Sign in again, which registers another one: sigilforge add-account SERVICE ACCOUNT --replace':
    'tests/oauth/registration.test.ts',
  '{} takes no client id that is the address of a document.': 'tests/oauth/registration.test.ts',
  'No private key is stored for the client of {}.': 'tests/oauth/private-key-jwt.test.ts',
  'Check the client id and its key with the provider, and set them with: sigilforge provider set {} --client-id CLIENT_ID --client-key-file FILE. If the provider wants its token endpoint as the audience: sigilforge provider set {} --quirk endpoint_as_audience':
    'tests/oauth/private-key-jwt.test.ts',
  '{} lists only {} to authenticate a client by. Register the public part of a key there, then: sigilforge provider set {} --client-auth private_key_jwt --client-key-file FILE':
    'tests/oauth/private-key-jwt.test.ts',
  'This key cannot sign with the algorithm that it names.': 'tests/oauth/private-key-jwt.test.ts',
  'This is not a private key as a JWK.': 'tests/oauth/private-key-jwt.test.ts',
  'This is a private key, which is never sent as a secret.': 'tests/oauth/private-key-jwt.test.ts',
  '{} did not register a client by itself: {}.': 'tests/oauth/registration.test.ts',
  'No client could be registered with {}: {}.': 'tests/oauth/registration.test.ts',
  'No client could be registered with {}: {}': 'tests/oauth/registration.test.ts',
  'The server did not remove its client.': 'tests/oauth/registration.test.ts',
  'Another process is registering a client with {}.': 'it takes a process that hangs in a registration',
  'What was said for {} makes no address.': 'tests/oauth/addresses.test.ts',
  'The address of {} has a part that it does not know: {}.': 'tests/oauth/addresses.test.ts',
  'The value of {} is not part of an address.': 'tests/oauth/addresses.test.ts',
  'The provider of {} has sent no {}.': 'tests/tokens/fields.test.ts',
  '{} was signed in before its {} was kept.': 'tests/tokens/fields.test.ts',
  '{} has nothing of this name.': 'tests/tokens/fields.test.ts',
  'There is no provider named {}.': 'tests/oauth/what-is-missing.test.ts',
  '{} has no sign-in with a browser or a device code.': 'tests/oauth/what-is-missing.test.ts',
  'A client of {} needs a secret, and none is known.': 'tests/oauth/what-is-missing.test.ts',
  '{} is an API key, which comes without an ID token.': 'tests/tokens/id-tokens.test.ts',
  '{} has no ID token: it was signed in without the scope openid.': 'tests/tokens/id-tokens.test.ts',
  'The provider of {} has sent no ID token that can be kept.': 'tests/tokens/id-tokens.test.ts',
  '{} has been refreshing this account for over {} seconds.': 'it takes 90 seconds',
  'A request was answered without being sent.': 'it would be a bug',
  'You can also name the endpoints: sigilforge provider set {} --authorization-endpoint URL --token-endpoint URL':
    'it is a part of other hints',
  'If that is the provider you mean, say so: {}': 'tests/unit/oauth/issuer.test.ts',
  'The metadata of {} names the {} {}, which {}.': 'tests/unit/oauth/endpoint-guard.test.ts',
  'The sign-in was not finished within ten minutes.': 'it takes ten minutes',
  'Refusing to contact {} without https.': 'tests/store/damaged-providers.test.ts',
  'If this provider demands PKCE, turn it on: sigilforge provider set {} --pkce on':
    'tests/unit/oauth/hints.test.ts',
  'If this provider refuses PKCE, turn it off: sigilforge provider set {} --pkce off':
    'tests/unit/oauth/hints.test.ts',
  "The provider demands pushed authorization requests for this client, which Sigilforge does not use. Turn them off for the client in the provider's settings.":
    'tests/unit/oauth/hints.test.ts',
  'Start again, and approve it there. If you did not refuse it, ask the administrator of the provider to let you use this client.':
    'tests/oauth/authorization-code.test.ts',
  'The provider of {}/{} answered without an access token.': 'tests/faults/odd-answers.test.ts',
  'A secret names a keychain item that is not its own.': 'tests/unit/secrets/keychain-items.test.ts',
  'A secret was opened that is not stored.': 'it would be a bug',
  'The stored client secret of {} is damaged.': 'tests/oauth/secret-origins.test.ts',
  'vals did not answer within {} seconds and was stopped.': 'tests/secrets/vals.test.ts',
  'The program vals cannot be started ({}).': 'it takes a program that may not be run',
  '{}/{} was copied from another vault, which may still use its grant.': 'tests/cli/vault.test.ts',
  'A new token of {}/{} has arrived and cannot be stored yet.': 'tests/faults/store.test.ts',
  'A file of an unstored answer is not what was written.': 'it is only in the log',
  'Another process is changing keychain items.': 'it takes a keychain that hangs',
  'This secret is kept in the keychain, and another program removed its item there.':
    'tests/secrets/keychain.test.ts',
  'No token endpoint is known for {}.': 'it takes metadata without a token endpoint',
  'There are {} sign-ins under way.': 'it takes several clients',
  'A stored value was sealed with a key that this vault does not have.':
    'tests/vault/altered-database.test.ts',
  'The vault was locked meanwhile.': 'it takes a lock between two steps of a call',
  'The keys of the vault were changed by another program.': 'it takes a change between two steps of a call',
  'Everything has the new key except {}, which is damaged, so the older key is kept.':
    'tests/vault/altered-database.test.ts',
  'A way to open this vault ({}, slot {}) is damaged.': 'tests/vault/damaged-slots.test.ts',
  "The stored key of the vault's slot is not what was written.": 'it takes a changed keychain item',
  'The caller is gone.': 'no caller is left to see it',
  'Another program is changing the keys of this vault.': 'it takes another program that hangs',
  'The keychain already has a key that opens this vault.': 'tests/vault/add-keychain.test.ts',
  'The keychain did not keep what was written to it.': 'tests/vault/add-keychain.test.ts',
  'This vault was opened without the source {}.': 'it would be a bug',
  'The database has no vault.': 'it takes a database that was emptied by hand',
};

describe('the others', () => {
  test('are made elsewhere, or it is said why not', () => {
    expect(raised.missing(ROOMS).filter((text) => !(text in ELSEWHERE))).toEqual([]);
  });

  test('are not said to be elsewhere without need', () => {
    expect(Object.keys(ELSEWHERE).filter((text) => !raised.missing(ROOMS).includes(text))).toEqual([]);
    const named = Object.values(ELSEWHERE).filter((why) => why.startsWith('tests/'));
    expect(named.filter((file) => !existsSync(new URL(`../../${file}`, import.meta.url)))).toEqual([]);
  });
});
