import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { addAccount, knowProvider, signInExpired } from '../support/accounts.js';
import { gate } from '../support/gate.js';
import { type OpenIdProvider, startOpenIdProvider } from '../support/provider/openid-provider.js';
import { type DaemonBackend, startDaemon } from '../support/start/backends.js';
import { endProcess } from '../support/start/processes.js';
import { program } from '../support/start/sandbox.js';
import { stopAfter } from '../support/start/stop-after.js';
import { type Authority, createAuthority } from '../support/wire/authority.js';
import { type AwsStandIn, issued, startAws } from './aws-stand-in.js';

// AWS's own program, and a stand-in for AWS that is reached by https: what is asked of it, and what it is told.

/** Another `aws` in PATH may be one of a language's version manager, which needs its user's home. */
const AWS = existsSync('/usr/bin/aws') ? '/usr/bin/aws' : 'aws';
const ROLE = { role_arn: 'arn:aws:iam::123456789012:role/reader', account: 'example/work' };
const KEYS = { AccessKeyId: 'AKIAKEPT', SecretAccessKey: 'kept/secret' };

let authority: Authority;
let provider: OpenIdProvider;
let aws: AwsStandIn;
let backend: DaemonBackend;
const set = (name: string, definition: object) =>
  backend.api.setSecret({ key: `aws/${name}`, value: JSON.stringify(definition) });
const setRole = (name: string, more: object = {}) => set(name, { ...ROLE, endpoint: aws.url, ...more });

beforeAll(async () => {
  authority = createAuthority();
  provider = await startOpenIdProvider();
  aws = await startAws(authority);
  backend = await startDaemon({ config: `[network]\nca_file = "${authority.file}"` });
  await knowProvider(backend.api, provider);
  await addAccount(backend.api);
});
afterAll(async () => {
  await backend?.stop();
  await aws?.stop();
  await provider?.stop();
  await authority?.stop();
});
beforeEach(() => {
  aws.lifetimeS = 3600;
  aws.refusals.length = 0;
  aws.before = Promise.resolve();
  aws.answer = undefined;
});

describe.runIf(existsSync(AWS) || process.env['CI'])('the real aws', () => {
  /** A line of its output; the profile runs Sigilforge. */
  async function runAws(profile: string, ...args: readonly string[]): Promise<string> {
    const { home, env } = backend.sandbox;
    await mkdir(join(home, '.aws'), { recursive: true });
    const words = [...program('sigilforge'), '--no-fallback', 'aws-credentials', profile];
    const command = words.map((word) => `'${word}'`).join(' ');
    await writeFile(join(home, '.aws', 'config'), `[profile ${profile}]\ncredential_process = ${command}\n`);
    const settings = {
      AWS_PROFILE: profile,
      AWS_CA_BUNDLE: authority.file,
      AWS_DEFAULT_REGION: 'eu-central-1',
    };
    const options = { env: { ...env, ...settings, AWS_EC2_METADATA_DISABLED: 'true' }, cwd: home };
    const started = backend.sandbox.spawn(
      [AWS, ...args, '--endpoint-url', aws.url, '--no-cli-pager'],
      options,
    );
    started.child.stdin.end();
    const { stdout, stderr } = await started.exited;
    return stdout + stderr;
  }

  test('uses keys that are kept', async () => {
    await set('kept', KEYS);
    expect(await runAws('kept', 'sts', 'get-caller-identity')).toContain('"UserId": "AKIAKEPT"');
  });

  test('uses a role that the account assumes, and the second time no exchange', async () => {
    await setRole('role');
    const before = aws.assumed.length;
    expect(await runAws('role', 'sts', 'get-caller-identity')).toContain(
      `"UserId": "${issued(before + 1).id}"`,
    );
    expect(await runAws('role', 's3', 'ls')).toContain(`bucket-of-${issued(before + 1).id.toLowerCase()}`);
    expect(aws.assumed).toHaveLength(before + 1);
  });

  test('shows what went wrong, and not the token', async () => {
    await setRole('refused');
    aws.refusals.push('AccessDenied');
    const shown = await runAws('refused', 'sts', 'get-caller-identity');
    expect(shown).toContain('refused the role: AccessDenied');
    expect(shown).not.toContain('canary');
    expect(await runAws('absent', 'sts', 'get-caller-identity')).toContain(
      'There are no AWS credentials of this name',
    );
  });
});

describe('what is asked of STS', () => {
  test('is the role, with the token of the account in the body', async () => {
    await setRole('asked', { duration_s: 900, session_name: 'me@work' });
    const answer = await backend.api.getAwsCredentials({ name: 'asked' });
    const { id, secret, session } = issued(aws.assumed.length);
    expect(answer).toMatchObject({ access_key_id: id, secret_access_key: secret, session_token: session });
    const { access_token } = await backend.api.getToken({ service: 'example', account: 'work' });
    expect(Object.fromEntries(aws.assumed.at(-1) ?? [])).toEqual({
      Action: 'AssumeRoleWithWebIdentity',
      Version: '2011-06-15',
      RoleArn: ROLE.role_arn,
      RoleSessionName: 'me@work',
      WebIdentityToken: access_token,
      DurationSeconds: '900',
    });
  });

  test('is with the ID token where the definition says so', async () => {
    await setRole('identity', { token: 'id_token' });
    await backend.api.getAwsCredentials({ name: 'identity' });
    expect(aws.assumed.at(-1)?.get('WebIdentityToken')).toMatch(/^ey[\w-]+\.[\w-]+\.[\w-]+$/);
  });

  test('is one exchange for callers at once', async () => {
    await setRole('crowd');
    const before = aws.assumed.length;
    const held = gate();
    aws.before = held.opened;
    const others = await Promise.all([backend.connect(), backend.connect()]);
    const callers = [backend.api, ...others];
    const calls = callers.map((api) => api.getAwsCredentials({ name: 'crowd' }));
    // What was sent before on a connection has begun by then.
    await Promise.all(callers.map((api) => api.status()));
    held.open();
    const answers = await Promise.all(calls);
    expect(new Set(answers.map(({ access_key_id }) => access_key_id)).size).toBe(1);
    expect(aws.assumed).toHaveLength(before + 1);
  });

  test('is asked again before what is kept expires, and what still lives serves meanwhile', async () => {
    await setRole('soon', { session_name: 'soon' });
    // More than a quarter of its lifetime is left for as long as a test takes; a definition that changes drops it.
    const first = await backend.api.getAwsCredentials({ name: 'soon' });
    expect(await backend.api.getAwsCredentials({ name: 'soon' })).toEqual(first);
    await ageCached('soon', 3000);
    aws.refusals.push('ServiceUnavailable');
    const late = await backend.api.getAwsCredentials({ name: 'soon' });
    expect(late.access_key_id).toBe(first.access_key_id);
    const next = await backend.api.getAwsCredentials({ name: 'soon' });
    expect(next.access_key_id).toBe(issued(aws.assumed.length).id);
    expect(next.access_key_id).not.toBe(first.access_key_id);
  });

  test('is asked again once the definition is another one', async () => {
    await setRole('moved');
    const first = await backend.api.getAwsCredentials({ name: 'moved' });
    await setRole('moved', { role_arn: 'arn:aws:iam::123456789012:role/writer' });
    const second = await backend.api.getAwsCredentials({ name: 'moved' });
    expect(second.access_key_id).not.toBe(first.access_key_id);
    expect(aws.assumed.at(-1)?.get('RoleArn')).toContain('writer');
  });

  /** What is kept, as if `seconds` had gone by. */
  async function ageCached(name: string, seconds: number): Promise<void> {
    const { value } = await backend.api.getSecret({ key: `aws/${name}/cached` });
    const cached: Record<string, unknown> = JSON.parse(value);
    const earlier = (field: string) => Number(cached[field]) - seconds * 1000;
    const aged = { ...cached, asked_at: earlier('asked_at'), expires_at: earlier('expires_at') };
    await backend.api.setSecret({ key: `aws/${name}/cached`, value: JSON.stringify(aged) });
  }
});

describe('a refusal', () => {
  test.each(['ExpiredTokenException', 'InvalidIdentityToken'])(
    '%s has the token renewed, once',
    async (code) => {
      const own = await startOwn();
      aws.refusals.push(code);
      const before = aws.assumed.length;
      await own.api.getAwsCredentials({ name: 'own' });
      const [first, second] = aws.assumed.slice(before).map((form) => form.get('WebIdentityToken'));
      expect(second).not.toBe(first);
      expect(second).toBe((await own.api.getToken({ service: 'example', account: 'work' })).access_token);
      await own.stop();
    },
  );

  test('of every ID token costs one refresh, not one for each call', async () => {
    await setRole('unknown', { token: 'id_token' });
    const refreshes = () => provider.counts.token['refresh_token'] ?? 0;
    const call = () => {
      aws.refusals.push('InvalidIdentityToken', 'InvalidIdentityToken');
      return backend.api.getAwsCredentials({ name: 'unknown' });
    };
    const before = refreshes();
    for (let calls = 0; calls < 3; calls++)
      await expect(call()).rejects.toMatchObject({
        kind: expect.stringMatching(/^refresh_failed|auth_required$/),
      });
    expect(refreshes() - before).toBeLessThanOrEqual(1);
  });

  test('that comes again is told by its code', async () => {
    const own = await startOwn();
    aws.refusals.push('ExpiredTokenException', 'ExpiredTokenException');
    const before = aws.assumed.length;
    await expect(own.api.getAwsCredentials({ name: 'own' })).rejects.toMatchObject({
      kind: 'refresh_failed',
      message: expect.stringContaining('ExpiredTokenException'),
    });
    expect(aws.assumed).toHaveLength(before + 2);
    await own.stop();
  });

  test.each([
    ['of a redirect', { status: 307, body: '', location: 'https://localhost:1/' }],
    ['of a page', { status: 200, body: '<html>canary</html>' }],
    [
      'of a document with a declaration',
      { status: 200, body: '<!DOCTYPE x><AssumeRoleWithWebIdentityResponse/>' },
    ],
  ])('%s is not followed or guessed at', async (_, answer) => {
    await setRole('odd', { session_name: `odd-${answer.status}-${answer.body.length}` });
    aws.answer = answer;
    await expect(backend.api.getAwsCredentials({ name: 'odd' })).rejects.toMatchObject({
      kind: 'refresh_failed',
      message: expect.not.stringContaining('canary'),
    });
  });

  /** A home of its own with the account and the role `own`, because a token is renewed once in ten seconds. */
  async function startOwn(): Promise<DaemonBackend> {
    const own = await startDaemon({ config: `[network]\nca_file = "${authority.file}"` });
    await knowProvider(own.api, provider);
    await addAccount(own.api);
    await own.api.setSecret({ key: 'aws/own', value: JSON.stringify({ ...ROLE, endpoint: aws.url }) });
    return own;
  }
});

describe('what is kept', () => {
  test('outlives a daemon that was killed, with an account that has expired since', async () => {
    const own = await startDaemon({ config: `[network]\nca_file = "${authority.file}"` });
    await knowProvider(own.api, provider);
    await signInExpired(own);
    await own.api.setSecret({ key: 'aws/own', value: JSON.stringify({ ...ROLE, endpoint: aws.url }) });
    const first = await own.api.getAwsCredentials({ name: 'own' });
    await endProcess(own.daemon.pid);
    await own.sandbox.startDaemon();
    const before = aws.assumed.length;
    const { stdout } = await own.sandbox.run(['aws-credentials', 'own', '--no-fallback']);
    expect(JSON.parse(stdout)).toEqual({
      Version: 1,
      AccessKeyId: first.access_key_id,
      SecretAccessKey: first.secret_access_key,
      SessionToken: first.session_token,
      Expiration: first.expires_at,
    });
    expect(aws.assumed).toHaveLength(before);
    await own.stop();
  });

  test('is in no file as text', async () => {
    await setRole('sealed');
    await backend.api.getAwsCredentials({ name: 'sealed' });
    const { secret, session } = issued(aws.assumed.length);
    for (const value of [secret, session]) {
      expect(() => execFileSync('grep', ['-raqF', value, backend.sandbox.home])).toThrow();
    }
  });

  test('is not handed out for an account that is gone', async () => {
    const own = await startDaemon({ config: `[network]\nca_file = "${authority.file}"` });
    await knowProvider(own.api, provider);
    await addAccount(own.api);
    await own.api.setSecret({ key: 'aws/own', value: JSON.stringify({ ...ROLE, endpoint: aws.url }) });
    await own.api.getAwsCredentials({ name: 'own' });
    await own.api.removeAccount({ service: 'example', account: 'work', revoke: false });
    await expect(own.api.getAwsCredentials({ name: 'own' })).rejects.toMatchObject({ kind: 'not_found' });
    await own.stop();
  });
});

describe('a definition', () => {
  test.each([
    ['that is no JSON', 'canary'],
    ['with an endpoint without https', { ...ROLE, endpoint: 'http://localhost:1/' }],
    ['with an endpoint with a password', { ...ROLE, endpoint: 'https://me:canary@localhost/' }],
    ['with a region that is another host', { ...ROLE, region: 'x.example.org/' }],
    ['with a field that is not known', { ...KEYS, canary: 'x' }],
    ['without a secret', { AccessKeyId: 'AKIAKEPT' }],
  ])('%s is refused, and nothing is sent', async (_, definition) => {
    await backend.api.setSecret({
      key: 'aws/bad',
      value: typeof definition === 'string' ? definition : JSON.stringify(definition),
    });
    const before = aws.assumed.length;
    await expect(backend.api.getAwsCredentials({ name: 'bad' })).rejects.toMatchObject({
      kind: 'invalid_params',
      message: expect.stringContaining('The secret aws/bad does not describe AWS credentials'),
    });
    expect(aws.assumed).toHaveLength(before);
  });
});

describe('bad times are told on standard error, as AWS shows them', () => {
  const ask = (name: string, ...more: readonly string[]) =>
    backend.sandbox.run(['aws-credentials', name, ...more]);

  test('a locked vault', async () => {
    await set('kept', KEYS);
    await backend.api.lock();
    const answer = await ask('kept');
    await backend.api.unlock();
    expect(answer).toMatchObject({
      code: 6,
      stdout: '',
      stderr: expect.stringContaining('The vault is locked'),
    });
  });

  test('no daemon', async () => {
    const env = { SIGILFORGE_SOCKET: join(backend.sandbox.home, 'run', 'none.sock') };
    const answer = await backend.sandbox.run(['aws-credentials', 'kept'], { env });
    expect(answer).toMatchObject({
      code: 9,
      stdout: '',
      stderr: expect.stringContaining('No daemon listens'),
    });
  });

  test('an account that is not there, or that needs its person', async () => {
    await setRole('gone', { account: 'example/gone' });
    expect(await ask('gone')).toMatchObject({ code: 3, stdout: '' });
    const own = await stopAfter(startDaemon({ config: `[network]\nca_file = "${authority.file}"` }));
    const other = await stopAfter(startOpenIdProvider());
    await knowProvider(own.api, other);
    await signInExpired(own);
    await own.api.setSecret({ key: 'aws/own', value: JSON.stringify({ ...ROLE, endpoint: aws.url }) });
    await other.endGrants();
    const answer = await own.sandbox.run(['aws-credentials', 'own']);
    expect(answer).toMatchObject({ code: 4, stdout: '' });
    expect(answer.stderr).toContain('sigilforge add-account example work --replace');
  });
});

test('a narrowed connection asks for what it was granted, and for no other name', async () => {
  await set('kept', KEYS);
  await set('other', KEYS);
  const narrowed = await backend.connect();
  await narrowed.restrict({ grants: ['secret://aws/kept'] });
  expect(await narrowed.getAwsCredentials({ name: 'kept' })).toMatchObject({ access_key_id: 'AKIAKEPT' });
  await expect(narrowed.getAwsCredentials({ name: 'other' })).rejects.toMatchObject({ kind: 'denied' });
  await expect(narrowed.getSecret({ key: 'aws/kept/cached' })).rejects.toMatchObject({ kind: 'denied' });
  const { records } = await backend.api.listAudit({});
  const about = records.filter(({ method }) => method === 'get_aws_credentials');
  expect(about).toContainEqual(
    expect.objectContaining({ reference: 'secret://aws/kept', outcome: 'released' }),
  );
  expect(about).toContainEqual(
    expect.objectContaining({ reference: 'secret://aws/other', outcome: 'denied' }),
  );
});
