import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import net from 'node:net';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { findSocket } from '../../client/address.js';
import { type ConnectOptions, connect, SigilforgeError } from '../../client/index.js';
import type { Handlers } from '../../daemon/handlers/handlers.js';
import type { AccountEvent, SigilforgeEvent } from '../../shared/contract/index.js';
import { PROTOCOL_VERSION } from '../../shared/version.js';
import { aPeer } from '../support/start/peers.js';
import { makeFolder, serveStub } from '../support/start/served.js';
import { stopAfter } from '../support/start/stop-after.js';
import { STUB_ID, stubHandlers } from '../support/start/stub-handlers.js';

const ACCOUNT = { service: 'example', account: 'work' };
const CLIENT = fileURLToPath(new URL('../../dist/client.cjs', import.meta.url));

const direct = vi.hoisted(() => ({ opened: 0, error: undefined as unknown }));

vi.mock('sigilforge/daemon', () => ({
  createLocalApi: async () => {
    if (direct.error) throw direct.error;
    direct.opened += 1;
    return { getToken: async () => ({ access_token: 'direct' }), close: async () => undefined };
  },
}));

let home: string;

/** The socket at its usual place in this home. */
function usualSocket(): string {
  return path.join(home, 'run', 'sigilforge.sock');
}

beforeEach(async () => {
  home = await makeFolder();
  direct.opened = 0;
  direct.error = undefined;
  vi.stubEnv('SIGILFORGE_HOME', home);
  vi.stubEnv('SIGILFORGE_SOCKET', undefined);
});

afterEach(async () => {
  vi.unstubAllEnvs();
  vi.useRealTimers();
  await rm(home, { recursive: true, force: true });
});

function serve(handlers: Partial<Handlers> = {}) {
  return stopAfter(serveStub({ socket: usualSocket(), handlers, limits: { closeMs: 10 } }));
}

async function open(options: ConnectOptions = {}) {
  const client = await connect(options);
  onTestFinished(() => client.close());
  return client;
}

/** A daemon that says what it is told to, line by line. */
async function serveLines(answer: (line: string) => string) {
  mkdirSync(path.dirname(usualSocket()), { mode: 0o700 });
  const peers = new Set<net.Socket>();
  const server = net.createServer((peer) => {
    peers.add(peer);
    peer.on('data', (chunk) => peer.write(answer(String(chunk))));
  });
  const usual = process.umask(0o177);
  server.listen(usualSocket());
  process.umask(usual);
  await once(server, 'listening');
  onTestFinished(async () => {
    for (const peer of peers) peer.destroy();
    server.close();
    await once(server, 'close');
  });
}

describe('calls', () => {
  test('are one typed function for each method', async () => {
    await serve({
      get_token: (params) => ({
        access_token: `${params.service} ${params.account} ${params.min_valid_s}`,
        token_type: 'Bearer',
        expires_at: null,
        scopes: ['a'],
      }),
    });
    const client = await open();
    expect(client.via).toBe('daemon');
    const token = await client.getToken({ service: 'EXAMPLE', account: 'work', min_valid_s: 5 });
    expect(token).toEqual({
      access_token: 'example work 5',
      token_type: 'Bearer',
      expires_at: null,
      scopes: ['a'],
    });
    expect(await client.listProviders()).toEqual({ providers: [], cursor: null });
    expect(await client.rpcDiscover()).toHaveProperty('openrpc');
  });

  test('may be many at a time, and are answered in any order', async () => {
    const held: (() => void)[] = [];
    await serve({
      get_account: async ({ service, account }) => {
        await new Promise<void>((resolve) => {
          held.push(resolve);
          // The last one answers first.
          if (held.length === 50) for (const release of held.toReversed()) release();
        });
        return { ...(await stubHandlers().get_account({ service, account }, nobody)), account };
      },
    });
    const client = await open();
    const accounts = Array.from({ length: 50 }, (_, index) => `a${index}`);
    const answers = accounts.map((account) => client.getAccount({ service: 'example', account }));
    expect((await Promise.all(answers)).map(({ account }) => account)).toEqual(accounts);
  });

  test('fail with the kind, sentence and hint that the daemon gave', async () => {
    await serve({
      get_token: () => {
        throw new SigilforgeError('auth_required', 'Sign in.', { hint: 'Do it so.' });
      },
    });
    const client = await open();
    await expect(client.getToken(ACCOUNT)).rejects.toThrow(SigilforgeError);
    await expect(client.getToken(ACCOUNT)).rejects.toMatchObject({
      kind: 'auth_required',
      message: 'Sign in.',
      hint: 'Do it so.',
      exitCode: 4,
    });
    expect(direct.opened).toBe(0);
  });

  test('end with `timeout` if the daemon does not answer, and nothing falls back', async () => {
    await serve({ get_token: () => new Promise(() => undefined) });
    const client = await open({ timeout: 20 });
    await expect(client.getToken(ACCOUNT)).rejects.toMatchObject({ kind: 'timeout' });
    expect(await client.listProviders()).toEqual({ providers: [], cursor: null });
    expect(direct.opened).toBe(0);
  });

  test('of waitFlow have the time of the flow on top of their own', async () => {
    const begun: (() => void)[] = [];
    const beginning = new Promise<void>((resolve) => begun.push(resolve));
    await serve({
      wait_flow: ({ timeout_s }) => {
        if (timeout_s === 60) for (const tell of begun) tell();
        return new Promise(() => undefined);
      },
    });
    const client = await open({ timeout: 1_000 });
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const ends: string[] = [];
    const year = client.waitFlow({ flow_id: STUB_ID, timeout_s: 31_536_000 }).catch(() => ends.push('year'));
    const usual = client.waitFlow({ flow_id: STUB_ID }).catch(({ kind }) => ends.push(kind));
    await beginning;
    await vi.advanceTimersByTimeAsync(60_900);
    expect(ends).toEqual([]);
    await vi.advanceTimersByTimeAsync(200);
    await usual;
    expect(ends).toEqual(['timeout']);
    await client.close();
    await year;
  });

  test('do not take a limit that would end them at once', async () => {
    await serve();
    await expect(connect({ timeout: 0 })).rejects.toMatchObject({ kind: 'invalid_params' });
    await expect(connect({ timeout: Number.NaN })).rejects.toMatchObject({ kind: 'invalid_params' });
    const patient = await open({ timeout: Number.POSITIVE_INFINITY });
    expect(await patient.listProviders()).toEqual({ providers: [], cursor: null });
  });
});

const nobody = aPeer();

describe('without a daemon', () => {
  test('the library answers in its place', async () => {
    const client = await open();
    expect(client.via).toBe('direct');
    expect(await client.getToken(ACCOUNT)).toEqual({ access_token: 'direct' });
  });

  test('that left its socket behind, too', async () => {
    mkdirSync(path.dirname(usualSocket()), { mode: 0o700 });
    const left = spawn(process.execPath, ['-e', LEAVE_SOCKET, usualSocket()], { stdio: 'inherit' });
    await once(left, 'exit');
    expect((await open()).via).toBe('direct');
  });

  test('nothing answers where falling back is ruled out', async () => {
    await expect(connect({ fallback: 'none' })).rejects.toMatchObject({
      kind: 'daemon_unavailable',
      hint: expect.stringContaining('sigilforge daemon start'),
    });
    expect(direct.opened).toBe(0);
  });

  test('nothing answers where the socket was given', async () => {
    const refused = { kind: 'daemon_unavailable', hint: expect.stringContaining('sigilforge daemon start') };
    await expect(connect({ socket: usualSocket() })).rejects.toMatchObject(refused);
    vi.stubEnv('SIGILFORGE_SOCKET', usualSocket());
    await expect(connect()).rejects.toMatchObject(refused);
    await expect(connect({ fallback: 'direct' })).rejects.toMatchObject(refused);
    const { openDirect } = await import('../../client/direct.js');
    await expect(openDirect()).rejects.toMatchObject({ kind: 'daemon_unavailable' });
    expect(direct.opened).toBe(0);
  });

  test("the library's errors are the client's own", async () => {
    vi.resetModules();
    const { SigilforgeError: Foreign } = await import('../../shared/errors.js');
    expect(Foreign).not.toBe(SigilforgeError);
    direct.error = new Foreign('vault_locked', 'Locked.', { hint: 'Unlock it.' });
    const error = await connect().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(SigilforgeError);
    expect(error).toMatchObject({
      kind: 'vault_locked',
      message: 'Locked.',
      hint: 'Unlock it.',
      exitCode: 6,
    });
  });
});

/** Binds a socket (0600) and ends so that nobody removes it. */
const LEAVE_SOCKET = `
  process.umask(0o177);
  require('node:net').createServer().listen(process.argv[1], () => process.kill(process.pid, 'SIGKILL'));
`;

describe('an error on the way never falls back', () => {
  afterEach(() => expect(direct.opened).toBe(0));

  test('a folder that is open to others', async () => {
    const { socket } = await serve();
    chmodSync(path.dirname(socket), 0o755);
    await expect(connect()).rejects.toMatchObject({
      kind: 'unsafe_path',
      hint: expect.stringContaining(`chmod 700 '${path.dirname(socket)}'`),
    });
  });

  test('a socket that is open to others', async () => {
    const { socket } = await serve();
    chmodSync(socket, 0o666);
    await expect(connect()).rejects.toMatchObject({
      kind: 'unsafe_path',
      hint: expect.stringContaining(`chmod 600 '${socket}'`),
    });
  });

  test('a path that is too long', async () => {
    await expect(connect({ socket: `/${'x'.repeat(120)}` })).rejects.toMatchObject({ kind: 'unsafe_path' });
  });

  test('one connection too many', async () => {
    const handlers: Partial<Handlers> = {
      subscribe: (_, peer) => {
        peer.keep();
        return { subscription: STUB_ID };
      },
    };
    await stopAfter(serveStub({ socket: usualSocket(), limits: { connections: 1 }, handlers }));
    const first = await open();
    await first.subscribe({ topics: ['accounts'] });
    const client = await open();
    await expect(client.getToken(ACCOUNT)).rejects.toMatchObject({ kind: 'limit_exceeded' });
  });

  test.each(['HTTP/1.1 400 Bad Request\r\n\r\n', '"text"\n', '{"id":1,"error":"no"}\n', '{"id":"1"}\n'])(
    'a peer that says %j',
    async (line) => {
      await serveLines(() => line);
      const client = await open();
      await expect(client.getToken(ACCOUNT)).rejects.toMatchObject({ kind: 'incompatible' });
    },
  );
});

describe('a daemon of another protocol', () => {
  const old = (overrides: Partial<Handlers>, protocol: number): Partial<Handlers> => ({
    status: async () => ({ ...(await stubHandlers().status({}, nobody)), protocol }),
    ...overrides,
  });
  const oddResult = { get_token: () => JSON.parse('{"token":"x"}') };

  test('that is older is named as the old side', async () => {
    await serve(old(oddResult, PROTOCOL_VERSION - 1));
    const client = await open();
    await expect(client.getToken(ACCOUNT)).rejects.toMatchObject({
      kind: 'incompatible',
      message: expect.stringContaining('the daemon is older'),
      hint: expect.stringContaining('sigilforge daemon restart'),
    });
  });

  test('that is newer calls this program the old side', async () => {
    await serve(old(oddResult, PROTOCOL_VERSION + 1));
    const client = await open();
    await expect(client.getToken(ACCOUNT)).rejects.toMatchObject({
      kind: 'incompatible',
      message: expect.stringContaining('this program is older'),
    });
  });

  test('is told by a method or a parameter that it does not know', async () => {
    const client = await serveUnknown(PROTOCOL_VERSION - 1);
    await expect(client.getToken(ACCOUNT)).rejects.toMatchObject({ kind: 'incompatible' });
    await expect(client.getAccount(ACCOUNT)).rejects.toMatchObject({ kind: 'incompatible' });
  });

  test('is not blamed where the protocol is the same', async () => {
    const client = await serveUnknown(PROTOCOL_VERSION);
    await expect(client.getToken(ACCOUNT)).rejects.toMatchObject({ kind: 'method_not_found' });
    await expect(client.getAccount(ACCOUNT)).rejects.toMatchObject({ kind: 'invalid_params' });
  });

  test('is not blamed for an answer that is simply wrong', async () => {
    await serve(oddResult);
    const client = await open();
    await expect(client.getToken(ACCOUNT)).rejects.toMatchObject({
      kind: 'internal_error',
      message: "The daemon's answer to get_token: access_token is missing.",
    });
  });

  async function serveUnknown(protocol: number) {
    await serve(
      old(
        {
          get_token: () => {
            throw new SigilforgeError('method_not_found', 'There is no such method.');
          },
          get_account: () => {
            throw new SigilforgeError('invalid_params', 'get_account: service is not known.');
          },
        },
        protocol,
      ),
    );
    return open();
  }
});

describe('a daemon that is restarted', () => {
  test('is found again by the next call of the same client', async () => {
    const first = await serve();
    const client = await open();
    await client.listProviders();
    await first.stop();
    await expect(client.listProviders()).rejects.toMatchObject({ kind: 'daemon_unavailable' });
    await serve();
    const answers = await Promise.all([client.listProviders(), client.listAccounts()]);
    expect(answers[0]).toEqual({ providers: [], cursor: null });
    expect(direct.opened).toBe(0);
  });

  test('gets no call twice: one that was under way fails, and says that its outcome is unknown', async () => {
    let calls = 0;
    const refresh_token = (): Promise<never> => {
      calls += 1;
      void served.serving.close();
      return new Promise(() => undefined);
    };
    const options = { socket: usualSocket(), limits: { closeMs: 10 }, handlers: { refresh_token } };
    const served = await stopAfter(serveStub(options));
    const client = await open();
    await expect(client.refreshToken(ACCOUNT)).rejects.toMatchObject({
      kind: 'daemon_unavailable',
      message: expect.stringContaining('may or may not have been carried out'),
    });
    expect(calls).toBe(1);
  });
});

describe('events', () => {
  const event: AccountEvent = {
    subscription: STUB_ID,
    topic: 'accounts',
    type: 'needs_auth',
    at: '2026-01-31T12:00:00.000Z',
    account_id: STUB_ID,
    service: 'example',
    account: 'work',
  };

  test('reach every listener until it leaves; a message that is not an event is left out', async () => {
    await serve({
      subscribe: (_, peer) => {
        peer.notify(JSON.parse('{"type":"unheard of"}'));
        peer.notify(event);
        return { subscription: STUB_ID };
      },
    });
    const client = await open();
    const heard: [string, SigilforgeEvent][] = [];
    const leave = client.onEvent((one) => heard.push(['first', one]));
    client.onEvent((one) => heard.push(['second', one]));
    await client.subscribe({ topics: ['accounts'] });
    expect(heard).toEqual([
      ['first', event],
      ['second', event],
    ]);
    leave();
    await client.subscribe({ topics: ['accounts'] });
    expect(heard.slice(2)).toEqual([['second', event]]);
  });
});

describe('closing', () => {
  test('ends calls under way, and those that come after', async () => {
    await serve({ get_token: () => new Promise(() => undefined) });
    const client = await connect();
    const pending = expect(client.getToken(ACCOUNT)).rejects.toMatchObject({ kind: 'cancelled' });
    await client.close();
    await pending;
    await expect(client.getToken(ACCOUNT)).rejects.toMatchObject({ kind: 'cancelled' });
    await client.close();
  });

  test('is not needed: a program ends by itself when no call is under way', async () => {
    const { serving } = await serve();
    const program = `
      const { connect } = require(${JSON.stringify(CLIENT)});
      connect().then(async (client) => {
        const { providers } = await client.listProviders();
        console.log(client.via, providers.length);
      });
    `;
    const child = spawn(process.execPath, ['-e', program], {
      env: { ...process.env, NODE_EXTRA_CA_CERTS: '' },
    });
    onTestFinished(() => void child.kill('SIGKILL'));
    let output = '';
    child.stdout.on('data', (chunk) => {
      output += chunk;
    });
    const [code] = await once(child, 'close');
    expect({ code, output }).toEqual({ code: 0, output: 'daemon 0\n' });
    await serving.close();
  });
});

describe('the socket', () => {
  const config = (text: string) => {
    mkdirSync(path.join(home, 'config'), { recursive: true });
    writeFileSync(path.join(home, 'config', 'config.toml'), text);
  };

  test('is the one given, else of the environment, else of config.toml, else the usual one', async () => {
    const env = { SIGILFORGE_HOME: home };
    expect(await findSocket({}, env)).toEqual({ socket: usualSocket(), pinned: false });
    config('[refresh]\nahead_s = 60\n');
    expect(await findSocket({}, env)).toEqual({ socket: usualSocket(), pinned: false });
    config('[daemon]\nsocket = "/configured"\n');
    expect(await findSocket({}, env)).toEqual({ socket: '/configured', pinned: false });
    const pinned = { ...env, SIGILFORGE_SOCKET: '/pinned' };
    expect(await findSocket({}, pinned)).toEqual({ socket: '/pinned', pinned: true });
    expect(await findSocket({ socket: '/given' }, pinned)).toEqual({ socket: '/given', pinned: true });
  });

  test('is not guessed where config.toml has a mistake', async () => {
    config('[daemon]\nsocket = 5\n');
    await expect(connect()).rejects.toMatchObject({
      kind: 'config',
      message: expect.stringContaining('line 2'),
    });
    expect(direct.opened).toBe(0);
  });
});
