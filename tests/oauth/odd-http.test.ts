import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createHttpClient } from '../../daemon/core/oauth/http/http.js';
import { addAccount, work } from '../support/accounts.js';
import { type AfterBytes, writeBytes } from '../support/provider/faults.js';
import { startProxiedProvider } from '../support/provider/proxied-provider.js';
import { openTestCore, signInTo } from '../support/start/core.js';
import { createSandbox } from '../support/start/sandbox.js';
import { type Scene, startScene } from '../support/start/scene.js';
import { stopAfter } from '../support/start/stop-after.js';
import * as stored from '../support/stored.js';

// Answers that bring a new refresh token in HTTP of which something is wrong. The provider ends a grant whose old refresh
// token comes again, so the next refresh only works where the new one was kept.

const HEAD = 'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n';
const length = (body: string, more = 0): string => `Content-Length: ${body.length + more}\r\n`;
const chunk = (text: string): string => `${text.length.toString(16)}\r\n${text}\r\n`;
const CHUNKED = 'Transfer-Encoding: chunked\r\n';

const odd: Record<string, (body: string) => string> = {
  'headers of 200 KB': (body) => `${HEAD}X-Policy: ${'x'.repeat(200_000)}\r\n${length(body)}\r\n${body}`,
  'a thousand cookies': (body) => `${HEAD}${'Set-Cookie: a=b\r\n'.repeat(1000)}${length(body)}\r\n${body}`,
  'Content-Length beside Transfer-Encoding': (body) =>
    `${HEAD}${length(body)}${CHUNKED}\r\n${chunk(body)}0\r\n\r\n`,
  'Transfer-Encoding without chunks': (body) => `${HEAD}${length(body)}${CHUNKED}\r\n${body}`,
  'Transfer-Encoding: identity': (body) => `${HEAD}Transfer-Encoding: identity\r\n${length(body)}\r\n${body}`,
  'bare line feeds': (body) => `${HEAD}${length(body)}\r\n`.replaceAll('\r', '') + body,
  'bare line feeds, with chunks': (body) =>
    `${HEAD}${CHUNKED}\r\n${chunk(body)}0\r\n\r\n`.replaceAll('\r\n', '\n'),
  'a Content-Length that is too long': (body) => `${HEAD}${length(body, 500)}\r\n${body}`,
  'a Content-Length that is too short': (body) => `${HEAD}${length(body, -9)}\r\n${body}`,
  'a Content-Length of a packed body that was unpacked': (body) => `${HEAD}Content-Length: 20\r\n\r\n${body}`,
  'two lengths that differ': (body) => `${HEAD}${length(body)}${length(body, 7)}\r\n${body}`,
  'the same length twice': (body) => `${HEAD}${length(body)}${length(body)}\r\n${body}`,
  'a length of -1': (body) => `${HEAD}Content-Length: -1\r\n\r\n${body}`,
  'an empty length': (body) => `${HEAD}Content-Length:\r\n\r\n${body}`,
  'no length': (body) => `${HEAD}\r\n${body}`,
  'chunks without an end': (body) => `${HEAD}${CHUNKED}\r\n${chunk(body)}`,
  'chunks with a wrong end': (body) => `${HEAD}${CHUNKED}\r\n${chunk(body)}the end\r\n`,
  'a last chunk that is shorter than it says': (body) =>
    `${HEAD}${CHUNKED}\r\n${chunk(body.slice(0, 20))}fff\r\n${body.slice(20)}`,
  'white space around the sizes of chunks': (body) =>
    `${HEAD}${CHUNKED}\r\n ${body.length.toString(16)} \r\n${body}\r\n0\r\n\r\n`,
  'a status line without a reason': (body) => `HTTP/1.1 200\r\n${length(body)}\r\n${body}`,
  'a status line of HTTP/2': (body) => `HTTP/2 200\r\n${length(body)}\r\n${body}`,
  'a status line without a version': (body) => `HTTP 200 OK\r\n${length(body)}\r\n${body}`,
  'lines as Windows makes them in text mode': (body) =>
    `${HEAD}${length(body)}\r\n`.replaceAll('\r\n', '\r\r\n') + body,
  'an informational answer that is not ended': (body) =>
    `HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n${HEAD}${length(body)}\r\n${body}`,
  'chunked twice in the header': (body) => `${HEAD}${CHUNKED}${CHUNKED}\r\n${chunk(body)}0\r\n\r\n`,
  'chunks within chunks': (body) => `${HEAD}${CHUNKED}\r\n${chunk(`${chunk(body)}0\r\n\r\n`)}0\r\n\r\n`,
  'chunks without line ends behind them': (body) =>
    `${HEAD}${CHUNKED}\r\n14\r\n${body.slice(0, 20)}${(body.length - 20).toString(16)}\r\n${body.slice(20)}0\r\n\r\n`,
  'the head of a proxy before': (body) =>
    `HTTP/1.1 200 Connection established\r\n\r\n${HEAD}${length(body)}\r\n${body}`,
  'a length with its unit': (body) => `${HEAD}Content-Length: ${body.length} bytes\r\n\r\n${body}`,
  'HTTP/1.0': (body) => `HTTP/1.0 200 OK\r\n\r\n${body}`,
  '100 Continue before': (body) => `HTTP/1.1 100 Continue\r\n\r\n${HEAD}${length(body)}\r\n${body}`,
  '103 Early Hints before, twice': (body) =>
    `${'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n'.repeat(2)}${HEAD}${length(body)}\r\n${body}`,
  '101 Switching Protocols before': (body) =>
    `HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n${HEAD}${length(body)}\r\n${body}`,
  'an empty line before': (body) => `\r\n${HEAD}${length(body)}\r\n${body}`,
  'a line that is no header': (body) => `${HEAD}Warning in line 7\r\n${length(body)}\r\n${body}`,
  'a header with a space in its name': (body) => `${HEAD}X Y: 1\r\nX : 2\r\n${length(body)}\r\n${body}`,
  'a header with a zero byte': (body) => `${HEAD}X: a\0b\r\n${length(body)}\r\n${body}`,
  'a header over two lines': (body) => `${HEAD}X: a\r\n  b\r\n${length(body)}\r\n${body}`,
  'a body after 204': (body) => `HTTP/1.1 204 No Content\r\n\r\n${body}`,
  'a second answer behind the first': (body) =>
    `${HEAD}Connection: keep-alive\r\n${length(body)}\r\n${body}HTTP/1.1 400 Bad Request\r\n\r\n`,
};

let scene: Scene;

beforeAll(async () => {
  scene = await startScene();
  await addAccount(scene.api);
});
afterAll(() => scene.stop());

test.each(Object.entries(odd))('%s: the new refresh token is kept', async (_, write) => {
  await expectKept(write, 'end');
});

describe('an answer whose body comes later than its head, and is longer than the head says', () => {
  test.each([
    ['a length of 0', 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n', 0],
    ['204', 'HTTP/1.1 204 No Content\r\n\r\n', 0],
    ['the length of what was packed', 'HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n', 20],
  ])('%s', async (_, head, first) => {
    const server = await stopAfter(
      listening((socket) => {
        const body = '{"access_token":"a","refresh_token":"r"}';
        socket.write(head + body.slice(0, first));
        // Each piece is read before the next one is sent.
        setTimeout(() => socket.end(body.slice(first)), 20);
      }),
    );
    const http = createHttpClient({ connectMs: 60_000, totalMs: 60_000 }, {});
    const { body } = await http(server.url, { method: 'POST', headers: {} });
    expect(body.toString()).toBe('{"access_token":"a","refresh_token":"r"}');
  });

  test('does not keep one waiting that stays open', async () => {
    const server = await stopAfter(
      listening((socket) => void socket.write('HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n')),
    );
    const http = createHttpClient({ connectMs: 600_000, totalMs: 600_000 }, {});
    expect(await http(server.url, { method: 'POST', headers: {} })).toMatchObject({ status: 400 });
  });
});

describe('a refusal for later that is cut counts by its status', () => {
  test.each([
    ['429 with half a page', 'HTTP/1.1 429 Too Many\r\nRetry-After: 120\r\nContent-Length: 500\r\n\r\n<h1>'],
    ['503 with only a head', 'HTTP/1.1 503 Busy\r\nRetry-After: 120\r\nContent-Length: 500\r\n\r\n'],
    ['502 in chunks without an end', 'HTTP/1.1 502 Bad\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n<h1>\r\n'],
  ])('%s: it is not asked again at once', async (what, bytes) => {
    const { api, proxy, sandbox } = scene;
    const name = { ...work, account: what.replaceAll(' ', '-') };
    await addAccount(api, { account: name.account });
    proxy.plan((exchange) => exchange.sendBytes(Buffer.from(bytes), 'end'), { grantType: 'refresh_token' });
    await expect(api.refreshToken(name)).rejects.toMatchObject({ kind: 'refresh_failed' });
    expect(stored.outcomes(sandbox.home, name.account)).toEqual(['refused']);
    await api.refreshToken(name);
  });
});

test.each(['a Content-Length that is too long', 'chunks without an end', 'no length'])(
  '%s, and then a reset: the new refresh token is kept',
  async (name) => {
    await expectKept(odd[name] ?? String, 'reset');
  },
);

test('an answer that is cut after its tokens: the new refresh token is kept', async () => {
  await expectKept((body) => `${HEAD}${length(body)}\r\n${body.slice(0, -2)}`, 'reset');
});

describe('an answer that stays without its end', () => {
  test.each([
    ['a Content-Length that is too long', odd['a Content-Length that is too long']],
    ['chunks without an end', odd['chunks without an end']],
    ['no length', odd['no length']],
  ])('%s: what has come within the time counts', async (_, write = () => '') => {
    const { provider, proxy } = await stopAfter(startProxiedProvider());
    const sandbox = await stopAfter(createSandbox());
    const core = await openTestCore(sandbox.home, { limits: { connectMs: 60_000, totalMs: 2_000 } });
    await stopAfter({ stop: () => core.close() });
    await signInTo(core, provider);
    proxy.plan(writeBytes(write, 'stay'), { grantType: 'refresh_token' });
    await core.tokens.refresh(work.service, work.account);
    await core.tokens.refresh(work.service, work.account);
    expect(stored.outcomes(sandbox.home)).toEqual(['stored', 'stored']);
    expect(provider.counts.reuse).toBe(0);
  });
});

describe('what is cut and brings no tokens is a broken connection', () => {
  test.each([
    ['half a refusal', (_: string) => `${HEAD}Content-Length: 500\r\n\r\n{"error":"invalid_gr`],
    ['only a head', (_: string) => `${HEAD}Content-Length: 500\r\n\r\n`],
    ['half a head', (_: string) => HEAD],
  ])('%s', async (what, write) => {
    const { api, sandbox } = scene;
    const name = { ...work, account: what.replaceAll(' ', '-') };
    await addAccount(api, { account: name.account });
    const plan = scene.proxy.plan((exchange) => exchange.sendBytes(Buffer.from(write('')), 'end'), {
      grantType: 'refresh_token',
      times: 2,
    });
    await expect(api.refreshToken(name)).rejects.toMatchObject({
      kind: 'network',
      message: expect.stringMatching(/^The answer from 127\.0\.0\.1:\d+ broke off\.$/),
    });
    plan.cancel();
    expect(stored.outcomes(sandbox.home, name.account)).toEqual(['unknown', 'unknown']);
    expect((await api.getAccount(name)).state).toBe('ok');
    await api.refreshToken(name);
  });

  test('and nothing that is not HTTP is taken for an answer', async () => {
    const plan = scene.proxy.plan(
      (exchange) => exchange.sendBytes(Buffer.from('SSH-2.0-OpenSSH_9.2\r\n{"access_token":"a"}'), 'stay'),
      { grantType: 'refresh_token', times: 2 },
    );
    await expect(scene.api.refreshToken(work)).rejects.toMatchObject({
      kind: 'network',
      message: expect.stringMatching(/^The answer from 127\.0\.0\.1:\d+ is not HTTP\.$/),
    });
    plan.cancel();
    await scene.api.refreshToken(work);
  });
});

test.each([
  [
    'bare line feeds',
    (body: string) => `HTTP/1.1 400 Bad Request\nContent-Length: ${body.length}\n\n${body}`,
  ],
  [
    'more than its length says',
    (body: string) => `HTTP/1.1 400 Bad Request\r\nContent-Length: 3\r\n\r\n${body}`,
  ],
  [
    'a length that is too long',
    (body: string) => `HTTP/1.1 400 Bad Request\r\nContent-Length: 500\r\n\r\n${body}`,
  ],
  ['chunks without an end', (body: string) => `HTTP/1.1 400 Bad Request\r\n${CHUNKED}\r\n${chunk(body)}`],
])('a refusal that is whole counts as one, with %s', async (_, write) => {
  const account = 'refused';
  await addAccount(scene.api, { account, replace: true });
  scene.proxy.plan((exchange) => exchange.sendBytes(Buffer.from(write('{"error":"invalid_grant"}')), 'end'), {
    grantType: 'refresh_token',
  });
  await expect(scene.api.refreshToken({ ...work, account })).rejects.toMatchObject({ kind: 'auth_required' });
});

/** A server that answers the first bytes of each connection. */
async function listening(answer: (socket: Socket) => void): Promise<{ url: URL; stop(): Promise<void> }> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.once('data', () => answer(socket));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: new URL(`http://127.0.0.1:${port}/token`),
    async stop() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

async function expectKept(write: (body: string) => string, ending: AfterBytes): Promise<void> {
  const { api, provider, proxy } = scene;
  const before = scene.exchanges;
  proxy.plan(writeBytes(write, ending), { grantType: 'refresh_token' });
  const { access_token } = await api.refreshToken(work);
  expect(await provider.introspect(access_token)).toMatchObject({ active: true });
  await api.refreshToken(work);
  expect(provider.counts.reuse).toBe(0);
  expect(scene.exchanges).toBe(before + 2);
}
