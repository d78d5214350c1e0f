import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { createHttpClient, type HttpLimits } from '../../daemon/core/oauth/http/http.js';
import { opensslInstalled, selfSignedPair, withoutTls } from '../faults/bad-addresses.js';
import { buildProgram } from '../faults/build-program.js';
import { type SecureProvider, startSecureProvider } from '../support/provider/secure-provider.js';
import { type Backend, backends, startLibrary } from '../support/start/backends.js';
import { createSandbox } from '../support/start/sandbox.js';
import { stopAfter } from '../support/start/stop-after.js';
import { type Authority, createAuthority, type KeyPair } from '../support/wire/authority.js';
import { type ConnectProxy, startConnectProxy } from '../support/wire/connect-proxy.js';

// A company's network: a proxy that wants a password is the only way out, names are known to it alone, and certificates
// are from an authority of the company's own.

const HOST = 'id.corp.test';
const PASSWORD = 'canary%20p@ss';
const LIMITS = { connectMs: 20_000, totalMs: 20_000 };
const grant = { service: 'corp', account: 'work' };

describe.runIf(opensslInstalled())('a company network', () => {
  let authority: Authority;
  let provider: SecureProvider;

  beforeAll(async () => {
    authority = createAuthority();
    provider = await startSecureProvider(authority.issue(HOST));
  });
  afterAll(async () => {
    await provider.stop();
    await authority.stop();
  });

  const proxyTo = (port = provider.port, options = {}): Promise<ConnectProxy> =>
    stopAfter(startConnectProxy(port, options));

  /** Sends one request, and gives its status or its failure. */
  async function send(
    network: { proxy?: string; ca_file?: string },
    address = `https://${HOST}/token`,
    limits: HttpLimits = LIMITS,
  ): Promise<unknown> {
    const http = createHttpClient(limits, network);
    return http(new URL(address), { method: 'POST', headers: {}, body: 'a=b' }).then(
      ({ status }) => status,
      (thrown: unknown) => thrown,
    );
  }

  /** What a request that never left this machine fails with. */
  const notSent = (message: string | RegExp, hint = /\S/) => ({
    name: 'HttpFailure',
    delivered: false,
    message: typeof message === 'string' ? message : expect.stringMatching(message),
    hint: expect.stringMatching(hint),
  });

  describe.each(backends)('with $name', ({ start }) => {
    test('a grant lives on through a proxy with a password, by an authority of the config', async () => {
      const provider = await stopAfter(startSecureProvider(authority.issue(HOST)));
      const proxy = await proxyTo(provider.port, { credentials: 'me:canary p@ss' });
      const address = `http://me:${PASSWORD.replace('@', '%40')}@127.0.0.1:${proxy.port}`;
      const config = `[network]\nproxy = "${address}"\nca_file = "${authority.file}"`;
      const { api } = await stopAfter(start({ config }));
      await importGrant(api);
      expect((await api.refreshToken(grant)).access_token).toBe('a2');
      expect((await api.refreshToken(grant)).access_token).toBe('a3');
      expect(proxy.asked.map(({ target }) => target)).toEqual(Array(3).fill(`${HOST}:443`));
    });

    test('a proxy that refuses the password costs nothing, and no text shows the password', async () => {
      const provider = await stopAfter(startSecureProvider(authority.issue(HOST)));
      const proxy = await proxyTo(provider.port, { credentials: 'me:another' });
      const address = `http://me:canary@127.0.0.1:${proxy.port}`;
      const config = `[network]\nproxy = "${address}"\nca_file = "${authority.file}"`;
      const { api } = await stopAfter(start({ config }));
      const failure: unknown = await importGrant(api).catch((thrown: unknown) => thrown);
      expect(failure).toMatchObject({
        kind: 'network',
        message: expect.stringContaining(
          `The proxy 127.0.0.1:${proxy.port} refused the user name and password.`,
        ),
      });
      expect(JSON.stringify(failure)).not.toContain('canary');
      expect(provider.received).toEqual([]);
    });
  });

  async function importGrant(api: Backend['api']): Promise<void> {
    await api.setProvider({
      id: grant.service,
      token_endpoint: `https://${HOST}/token`,
      client_id: 'client',
    });
    await api.addAccount({ ...grant, credential: { refresh_token: 'r0' } });
  }

  test.each([
    ['HTTPS_PROXY', (port: number) => ({ HTTPS_PROXY: `http://127.0.0.1:${port}` })],
    [
      'https_proxy',
      (port: number) => ({ https_proxy: `http://127.0.0.1:${port}`, HTTPS_PROXY: 'http://x.invalid' }),
    ],
    ['ALL_PROXY without a scheme', (port: number) => ({ ALL_PROXY: `127.0.0.1:${port}` })],
  ])('%s of the environment reaches every daemon and every command', async (_, env) => {
    const provider = await stopAfter(startSecureProvider(authority.issue(HOST)));
    const proxy = await proxyTo(provider.port);
    const variables = { ...env(proxy.port), SSL_CERT_FILE: authority.file };
    const { api, sandbox } = await stopAfter(startLibrary());
    stubEnvironment(variables);
    await importGrant(api);
    const run = (...args: string[]) => sandbox.run(args, { env: variables });
    expect((await run('--direct', 'refresh-token', 'corp', 'work')).code).toBe(0);
    const started = await run('daemon', 'start', '--json');
    sandbox.track(Number(JSON.parse(started.stdout).pid));
    expect((await run('refresh-token', 'corp', 'work')).code).toBe(0);
    expect({ asked: proxy.asked.length, received: provider.received.length }).toEqual({
      asked: 3,
      received: 3,
    });
  });

  test.each([
    ['HTTPS_PROXY', `https://${HOST}/`, { HTTPS_PROXY: 'PROXY' }, true],
    ['HTTP_PROXY, which is not for https', `https://${HOST}/`, { HTTP_PROXY: 'PROXY' }, false],
    [
      'NO_PROXY with the name',
      `https://${HOST}/`,
      { HTTPS_PROXY: 'PROXY', NO_PROXY: `a.test, ${HOST}` },
      false,
    ],
    [
      'NO_PROXY with a name above it',
      `https://${HOST}/`,
      { HTTPS_PROXY: 'PROXY', NO_PROXY: 'corp.test' },
      false,
    ],
    ['no_proxy with a dot', `https://${HOST}/`, { HTTPS_PROXY: 'PROXY', no_proxy: '.CORP.test' }, false],
    ['NO_PROXY with a star', `https://${HOST}/`, { HTTPS_PROXY: 'PROXY', NO_PROXY: '*.corp.test' }, false],
    ['NO_PROXY for all', `https://${HOST}/`, { HTTPS_PROXY: 'PROXY', NO_PROXY: '*' }, false],
    [
      'NO_PROXY with the end of the name',
      `https://${HOST}/`,
      { HTTPS_PROXY: 'PROXY', NO_PROXY: 'p.test' },
      true,
    ],
    [
      'NO_PROXY with its port',
      `https://${HOST}:8443/`,
      { HTTPS_PROXY: 'PROXY', NO_PROXY: `${HOST}:8443` },
      false,
    ],
    [
      'NO_PROXY with another port',
      `https://${HOST}/`,
      { HTTPS_PROXY: 'PROXY', NO_PROXY: `${HOST}:8443` },
      true,
    ],
    [
      'NO_PROXY with a range',
      'https://192.0.2.9/',
      { HTTPS_PROXY: 'PROXY', NO_PROXY: '192.0.2.0/24' },
      false,
    ],
    [
      'NO_PROXY with another range',
      'https://192.0.2.9/',
      { HTTPS_PROXY: 'PROXY', NO_PROXY: '192.0.3.0/24' },
      true,
    ],
    [
      'NO_PROXY with a range of IPv6',
      'https://[2001:db8::9]/',
      { HTTPS_PROXY: 'PROXY', NO_PROXY: '2001:db8::/32' },
      false,
    ],
    ['this machine', 'https://127.8.9.10/', { HTTPS_PROXY: 'PROXY' }, false],
    ['this machine by IPv6', 'https://[::1]/', { HTTPS_PROXY: 'PROXY' }, false],
    ['this machine by name', 'https://localhost/', { HTTPS_PROXY: 'PROXY' }, false],
  ] as const)('the environment decides who is asked: %s', async (_, address, env, throughProxy) => {
    const proxy = await proxyTo();
    proxy.refuse('HTTP/1.1 403 Forbidden\r\n\r\n');
    stubEnvironment(env, `http://127.0.0.1:${proxy.port}`);
    await send({}, address, { connectMs: 500, totalMs: 500 });
    expect(proxy.asked.length).toBe(throughProxy ? 1 : 0);
  });

  test.each([
    ['"none" in the config', 'none', {}, false],
    ['"" in the config', '', {}, false],
    ['NO_PROXY beside a proxy of the config', 'PROXY', { NO_PROXY: HOST }, false],
    ['a proxy of the config', 'PROXY', { HTTPS_PROXY: 'http://x.invalid' }, true],
  ] as const)('the config is before the environment: %s', async (_, configured, env, throughProxy) => {
    const proxy = await proxyTo();
    const address = `http://127.0.0.1:${proxy.port}`;
    stubEnvironment({ HTTPS_PROXY: 'PROXY', ...env }, address);
    await send({ proxy: configured.replace('PROXY', address) });
    expect(proxy.asked.length).toBe(throughProxy ? 1 : 0);
  });

  function stubEnvironment(env: Readonly<Record<string, string>>, proxy = ''): void {
    onTestFinished(() => void vi.unstubAllEnvs());
    for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value.replace('PROXY', proxy));
  }

  test('a proxy may be reached by TLS', async () => {
    const pair = authority.issue('localhost');
    const proxy = await proxyTo(provider.port, { pair, credentials: 'me:x' });
    const network = { proxy: `https://me:x@localhost:${proxy.port}`, ca_file: authority.file };
    expect(await send(network)).toBe(400);
    expect(proxy.asked.length).toBe(1);
    expect(await send({ proxy: network.proxy })).toMatchObject(
      notSent(
        /^The certificate of the proxy localhost:\d+ is from an authority that is not known here\.$/,
        /ca_file/,
      ),
    );
  });

  test.each([
    [
      '407 without credentials',
      'HTTP/1.1 407 No\r\n\r\n',
      'wants a user name and a password.',
      /USER:PASSWORD/,
    ],
    [
      '407 with another way',
      'HTTP/1.1 407 No\r\nProxy-Authenticate: Negotiate\r\n\r\n',
      'wants a way of signing in that Sigilforge does not have.',
      /Basic/,
    ],
    [
      '403',
      'HTTP/1.1 403 No\r\nContent-Length: 900\r\n\r\n<h1>',
      `does not allow connections to ${HOST}:443.`,
      /NO_PROXY/,
    ],
    ['502', 'HTTP/1.1 502 No\r\n\r\n', `could not connect to ${HOST}:443 (status 502).`, /NO_PROXY/],
    [
      'a redirect',
      'HTTP/1.1 302 No\r\nLocation: /\r\n\r\n',
      `could not connect to ${HOST}:443 (status 302).`,
      /./,
    ],
    ['an end', '', 'closed the connection.', /./],
    ['another protocol', 'SSH-2.0\r\n', 'does not speak HTTP.', /./],
  ])('a proxy that answers with %s: nothing was sent', async (_, answer, sentence, hint) => {
    const before = provider.received.length;
    const proxy = await proxyTo();
    proxy.refuse(answer);
    const failure = await send({ proxy: `http://127.0.0.1:${proxy.port}` });
    const words = `The proxy 127.0.0.1:${proxy.port} ${sentence}`;
    expect(failure).toMatchObject({ delivered: false, timedOut: false, message: words });
    expect(String((failure as { hint?: string }).hint)).toMatch(hint);
    expect(provider.received.length).toBe(before);
  });

  test('a proxy that never answers: nothing was sent in time', async () => {
    const proxy = await proxyTo();
    proxy.refuse('nothing');
    const network = { proxy: `http://me:canary@127.0.0.1:${proxy.port}` };
    expect(await send(network, undefined, { connectMs: 300, totalMs: 20_000 })).toMatchObject({
      ...{ delivered: false, timedOut: true },
      message: `Connecting to ${HOST} through the proxy 127.0.0.1:${proxy.port} timed out.`,
    });
  });

  test.each([
    ['a port without a proxy', 'http://127.0.0.1:1', 'The proxy 127.0.0.1:1 refused the connection.'],
    [
      'a name that is not known',
      'http://me:canary@proxy.invalid:3128',
      'No address is known for the proxy proxy.invalid:3128.',
    ],
  ])('a proxy that is not there, %s: nothing was sent', async (_, proxy, message) => {
    expect(await send({ proxy })).toMatchObject({ delivered: false, message });
  });

  test('a proxy of another kind is named, without its password', async () => {
    onTestFinished(() => void vi.unstubAllEnvs());
    vi.stubEnv('ALL_PROXY', 'socks5://me:canary@127.0.0.1:1080');
    expect(await send({})).toMatchObject(
      notSent('The proxy of this machine is of the kind socks5, which is not supported.', /"none"/),
    );
  });

  describe('a certificate', () => {
    test('of an authority in ca_file is good, and a replaced file counts at once', async () => {
      const sandbox = await stopAfter(createSandbox());
      const ca_file = join(sandbox.home, 'corp.pem');
      const proxy = `http://127.0.0.1:${(await proxyTo()).port}`;
      writeFileSync(ca_file, 'no certificate');
      expect(await send({ proxy, ca_file })).toMatchObject(
        notSent(`The file ${ca_file} of ca_file has no certificate in it.`, /\[network\]/),
      );
      writeFileSync(ca_file, '-----BEGIN CERTIFICATE-----\nnoise\n-----END CERTIFICATE-----\n');
      expect(await send({ proxy, ca_file })).toMatchObject({ delivered: false });
      const other = createAuthorityOnce();
      writeFileSync(ca_file, [other.file, authority.file].map((file) => readFileSync(file, 'utf8')).join(''));
      expect(await send({ proxy, ca_file })).toBe(400);
    });

    test('of an authority in a file that others may change is not good', async () => {
      const sandbox = await stopAfter(createSandbox());
      const ca_file = join(sandbox.home, 'corp.pem');
      writeFileSync(ca_file, readFileSync(authority.file));
      chmodSync(ca_file, 0o666);
      expect(await send({ ca_file })).toMatchObject(notSent(/corp\.pem/));
      expect(await send({ ca_file: join(sandbox.home, 'none.pem') })).toMatchObject(
        notSent(/none\.pem of ca_file cannot be read \(ENOENT\)\.$/, /ca_file/),
      );
    });

    test('of an authority in NODE_EXTRA_CA_CERTS stays good beside another file', async () => {
      const other = createAuthorityOnce();
      const program = await stopAfter(buildProgram('one-request'));
      const sandbox = await stopAfter(createSandbox());
      const HTTPS_PROXY = `http://127.0.0.1:${(await proxyTo()).port}`;
      const outputs = [
        { NODE_EXTRA_CA_CERTS: authority.file },
        { NODE_EXTRA_CA_CERTS: authority.file, SSL_CERT_FILE: other.file },
        { NODE_EXTRA_CA_CERTS: other.file, SSL_CERT_FILE: authority.file },
        { SSL_CERT_FILE: '/none.pem' },
      ].map(async (env) => {
        const command = [...program.command, `https://${HOST}/token`, '20000'];
        const { stdout } = await sandbox.spawn(command, { input: '', env: { ...env, HTTPS_PROXY } }).exited;
        return stdout.slice(0, 3);
      });
      expect(await Promise.all(outputs)).toEqual(['400', '400', '400', 'The']);
    });

    test.each<[string, () => KeyPair, RegExp, RegExp]>([
      [
        'of an authority that is not known',
        () => createAuthorityOnce().issue(HOST),
        /from an authority that is not known here\.$/,
        /\[network\] ca_file = /,
      ],
      [
        'that is signed by itself',
        selfSignedPair,
        /is signed by itself, and is not known here\.$/,
        /\[network\] ca_file = /,
      ],
      ['that has expired', () => authority.issue(HOST, -1), /has expired\.$/, /clock/],
      ['for another name', () => authority.issue('other.test'), /is for another name\.$/, /address/],
    ])('%s is told in words, and nothing is sent', async (_, pair, sentence, hint) => {
      const provider = await stopAfter(startSecureProvider(pair()));
      const proxy = `http://127.0.0.1:${(await proxyTo(provider.port)).port}`;
      const failure = await send({ proxy, ca_file: authority.file });
      expect(failure).toMatchObject(notSent(sentence, hint));
      expect((failure as Error).message).toContain(`The certificate of ${HOST} `);
      expect(provider.received).toEqual([]);
    });

    test('is not there where TLS is not spoken', async () => {
      const { url } = await stopAfter(withoutTls());
      const failure = await send({}, url);
      expect(failure).toMatchObject(notSent(/^127\.0\.0\.1:\d+ does not speak TLS\.$/, /provider show/));
    });
  });

  function createAuthorityOnce(): Authority {
    const other = createAuthority();
    onTestFinished(() => other.stop());
    return other;
  }
});
