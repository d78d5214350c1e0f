import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { doctor, found } from '../support/start/doctor.js';
import { createSandbox, type Sandbox } from '../support/start/sandbox.js';
import { stopAfter } from '../support/start/stop-after.js';
import { createAuthority } from '../support/wire/authority.js';
import { startConnectProxy } from '../support/wire/connect-proxy.js';

/** Each state is a run of the whole program. */
const SLOW = { timeout: 90_000 };

const CANARY = 'canary-7f3a';
const CORRECT = expect.stringContaining('[network] proxy = "none"');

/** A server that takes connections and never says anything. */
async function startSilence(): Promise<{ port: number; stop(): Promise<void> }> {
  const server: Server = createServer((socket) => socket.resume().on('error', () => {}));
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const address = server.address();
  return {
    port: typeof address === 'object' && address ? address.port : 0,
    stop: () => new Promise((resolve) => void server.close(() => resolve())),
  };
}

describe('doctor on the network', SLOW, () => {
  let sandbox: Sandbox;
  const seen = (env: NodeJS.ProcessEnv = {}) => found(sandbox, 'network', { env });
  const configure = (lines: string) =>
    writeFileSync(join(sandbox.home, 'config', 'config.toml'), `[network]\n${lines}\n`, { mode: 0o600 });

  beforeEach(async () => {
    sandbox = await createSandbox();
    mkdirSync(join(sandbox.home, 'config'), { mode: 0o700 });
    return () => sandbox.stop();
  });

  test('without a proxy', async () => {
    expect(await seen()).toEqual([
      {
        state: 'ok',
        sentence: 'Providers are reached without a proxy, and by usual certificates.',
        cure: null,
      },
    ]);
  });

  test('with a proxy of the environment or of config.toml, whose password is never told', async () => {
    const server = await stopAfter(startSilence());
    const proxy = await stopAfter(startConnectProxy(server.port, { credentials: `me:${CANARY}` }));
    const [address, name] = [`http://me:${CANARY}@127.0.0.1:${proxy.port}`, `127.0.0.1:${proxy.port}`];
    const env = { HTTPS_PROXY: address, NO_PROXY: 'example.org,10.0.0.0/8' };
    const whole = await doctor(sandbox, { env });
    expect(whole.findings).toContainEqual({
      name: 'network',
      state: 'ok',
      sentence: `The proxy ${name} of the environment answers; without it are reached: example.org,10.0.0.0/8.`,
      cure: null,
      fixed: [],
    });
    expect(whole.stdout).not.toContain(CANARY);
    expect(proxy.asked).toEqual([
      { target: 'sigilforge.invalid:443', authorization: `Basic ${btoa(`me:${CANARY}`)}` },
    ]);

    configure(`proxy = "http://me:wrong-${CANARY}@${name}"`);
    expect(await seen({ HTTPS_PROXY: 'http://127.0.0.1:9' })).toEqual([
      {
        state: 'fault',
        sentence: `The proxy ${name} of config.toml refuses its user name and password.`,
        cure: CORRECT,
      },
    ]);
    configure(`proxy = "http://${name}"`);
    expect(await seen()).toEqual([
      {
        state: 'fault',
        sentence: `The proxy ${name} of config.toml wants a user name and a password.`,
        cure: CORRECT,
      },
    ]);
    configure('proxy = "none"');
    expect(await seen(env)).toEqual([expect.objectContaining({ state: 'ok' })]);
  });

  test('with a proxy that is silent, gone, or of a kind that is not supported', async () => {
    const silence = await stopAfter(startSilence());
    const fault = (sentence: string) => [{ state: 'fault', sentence, cure: CORRECT }];
    expect(await seen({ https_proxy: `http://127.0.0.1:${silence.port}` })).toEqual(
      fault(`The proxy 127.0.0.1:${silence.port} of the environment does not answer.`),
    );
    const gone = await startSilence();
    await gone.stop();
    expect(await seen({ ALL_PROXY: `127.0.0.1:${gone.port}` })).toEqual(
      fault(`The proxy 127.0.0.1:${gone.port} of the environment refused the connection.`),
    );
    const socks = await doctor(sandbox, { env: { ALL_PROXY: `socks5://me:${CANARY}@127.0.0.1:1080` } });
    expect(socks.findings).toContainEqual(
      expect.objectContaining({
        name: 'network',
        state: 'fault',
        sentence: 'The proxy of this machine is of the kind socks5, which is not supported.',
        cure: CORRECT,
      }),
    );
    expect(socks.stdout).not.toContain(CANARY);
  });

  test('with a proxy that is reached by TLS, and whose certificate is known by ca_file or not at all', async () => {
    const authority = await stopAfter(createAuthority());
    const server = await stopAfter(startSilence());
    const proxy = await stopAfter(startConnectProxy(server.port, { pair: authority.issue('localhost') }));
    const env = { HTTPS_PROXY: `https://localhost:${proxy.port}` };
    expect(await seen(env)).toEqual([
      {
        state: 'fault',
        sentence: expect.stringContaining(
          `The certificate of the proxy localhost:${proxy.port} of the environment`,
        ),
        cure: expect.stringContaining('ca_file = '),
      },
    ]);
    configure(`ca_file = "${authority.file}"`);
    expect(await seen({ ...env, SSL_CERT_FILE: '/none' })).toEqual([
      { state: 'ok', sentence: `The proxy localhost:${proxy.port} of the environment answers.`, cure: null },
      {
        state: 'ok',
        sentence: `Besides the usual certificates, those in ${authority.file} are trusted (ca_file).`,
        cure: null,
      },
    ]);
  });

  test('with files of certificates that are good, absent, empty and damaged', async () => {
    const authority = await stopAfter(createAuthority());
    const [empty, damaged] = [join(sandbox.home, 'empty.pem'), join(sandbox.home, 'damaged.pem')];
    writeFileSync(empty, 'nothing', { mode: 0o600 });
    const pem = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n';
    writeFileSync(damaged, pem, { mode: 0o600 });
    const absent = join(sandbox.home, 'absent.pem');

    expect(await seen({ SSL_CERT_FILE: authority.file, NODE_EXTRA_CA_CERTS: authority.file })).toEqual(
      ['SSL_CERT_FILE', 'NODE_EXTRA_CA_CERTS'].map((name) => ({
        state: 'ok',
        sentence: `Certificates in ${authority.file} are trusted too (${name}).`,
        cure: null,
      })),
    );
    const leftOut = (name: string, file: string, why: string) => ({
      state: 'warning',
      sentence: `${name} names ${file}, ${why}: it is left out.`,
      cure: `Correct it, or take it away: unset ${name}`,
    });
    expect(await seen({ SSL_CERT_FILE: absent, NODE_EXTRA_CA_CERTS: damaged })).toEqual([
      leftOut('SSL_CERT_FILE', absent, 'which cannot be read (ENOENT)'),
      leftOut('NODE_EXTRA_CA_CERTS', damaged, 'whose certificates cannot be read'),
    ]);
    expect(await seen({ SSL_CERT_FILE: empty })).toEqual([
      leftOut('SSL_CERT_FILE', empty, 'which has no certificate in it'),
    ]);
    for (const [file, sentence] of [
      [absent, `The file ${absent} of ca_file cannot be read (ENOENT).`],
      [empty, `The file ${empty} of ca_file has no certificate in it.`],
      [damaged, `ca_file names ${damaged}, whose certificates cannot be read.`],
    ] as const) {
      configure(`ca_file = "${file}"`);
      expect(await seen()).toEqual([{ state: 'fault', sentence, cure: expect.any(String) }]);
    }
  });
});
