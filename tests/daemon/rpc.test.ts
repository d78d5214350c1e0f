import { once } from 'node:events';
import { existsSync } from 'node:fs';
import net from 'node:net';
import { describe, expect, test } from 'vitest';
import { type Logger, silentLogger } from '../../daemon/core/platform/log.js';
import type { Peer } from '../../daemon/handlers/handlers.js';
import { MAX_CLIENT_LINE } from '../../shared/framing.js';
import { type ServeOptions, serveStub } from '../support/start/served.js';
import { stopAfter } from '../support/start/stop-after.js';
import { STUB_ID } from '../support/start/stub-handlers.js';
import { WireClient } from '../support/wire/wire-client.js';

const TOKEN = { access_token: 'stub', token_type: 'Bearer', expires_at: null, scopes: [] };
const ACCOUNT = { service: 'example', account: 'work' };

async function serve(options: ServeOptions = {}) {
  const served = await stopAfter(serveStub(options));
  const connect = () => stopAfter(WireClient.connect(served.socket));
  return { served, connect, client: await connect() };
}

/** Somebody else's request, which whatever a test does must not disturb. */
async function expectAnswer(client: WireClient): Promise<void> {
  expect(await client.call('get_token', ACCOUNT, 'other')).toEqual({
    jsonrpc: '2.0',
    id: 'other',
    result: TOKEN,
  });
}

/** A handler that holds every call until it is released, and tells when so many have begun. */
function gate<R>(result: R) {
  let begun = 0;
  let open: () => void = () => {};
  const released = new Promise<void>((resolve) => {
    open = resolve;
  });
  const waiting: { count: number; resolve: () => void }[] = [];
  return {
    get begun() {
      return begun;
    },
    release: () => open(),
    reached: (count: number) => new Promise<void>((resolve) => waiting.push({ count, resolve })),
    handler: async (): Promise<R> => {
      begun += 1;
      for (const one of waiting) if (one.count === begun) one.resolve();
      await released;
      return result;
    },
  };
}

function request(method: string, params: object, id: number | string): string {
  return `${JSON.stringify({ jsonrpc: '2.0', method, params, id })}\n`;
}

function requests(count: number, method: string, params: object): string {
  return Array.from({ length: count }, (_, id) => request(method, params, id)).join('');
}

describe('parameters', () => {
  test('by position follow the order of the contract', async () => {
    const { client } = await serve({
      handlers: { get_token: (params) => ({ ...TOKEN, access_token: JSON.stringify(params) }) },
    });
    const byPosition = await client.call('get_token', ['EXAMPLE', 'work', 60]);
    expect(JSON.parse(String((byPosition.result as typeof TOKEN).access_token))).toEqual({
      service: 'example',
      account: 'work',
      min_valid_s: 60,
      refresh_if_needed: true,
    });
  });

  test.each([
    ['too many by position', ['example', 'work', 'more'], 'get_account: there are at most 2 parameters.'],
    ['one that is not known', { ...ACCOUNT, colour: 1 }, 'get_account: colour is not known.'],
    [
      'one that every object inherits',
      { ...ACCOUNT, constructor: 1 },
      'get_account: constructor is not known.',
    ],
    ['one that is missing', { service: 'example' }, 'get_account: account is missing.'],
  ])('%s are refused', async (_, params, message) => {
    const { client } = await serve();
    expect(await client.call('get_account', params)).toMatchObject({
      error: { code: -32602, message, data: { kind: 'invalid_params' } },
    });
  });
});

describe('faults of a handler', () => {
  function recorder(): { log: Logger; records: unknown[] } {
    const records: unknown[] = [];
    const record = (...entry: unknown[]) => void records.push(entry);
    return { records, log: { ...silentLogger, warn: record, error: record } };
  }

  test('are logged by name and place, and neither log nor wire tells their text', async () => {
    const { log, records } = recorder();
    const { client } = await serve({
      log,
      handlers: {
        get_token: () => {
          throw new TypeError('canary\nof two lines');
        },
      },
    });
    const answer = await client.call('get_token', ACCOUNT);
    expect(answer.error).toMatchObject({ code: -32603, data: { kind: 'internal_error' } });
    expect(records).toHaveLength(1);
    expect(JSON.stringify(records)).toContain('TypeError');
    expect(JSON.stringify(records)).toContain('rpc.test');
    expect(JSON.stringify([answer, records])).not.toMatch(/canary|two lines/);
  });

  test('are an internal error where the result cannot be written', async () => {
    const { client } = await serve({
      methods: new Map<string, () => unknown>([
        ['big', () => 1n],
        ['small', () => 1],
      ]),
    });
    expect(await client.call('big')).toMatchObject({ id: 1, error: { data: { kind: 'internal_error' } } });
    expect(await client.call('small')).toMatchObject({ result: 1 });
  });
});

describe('lines', () => {
  test('sent byte by byte are answered', async () => {
    const { client } = await serve();
    for (const byte of Buffer.from(request('get_token', ACCOUNT, 7))) client.send(Uint8Array.of(byte));
    expect(await client.answer()).toMatchObject({ id: 7, result: TOKEN });
  });

  test('that stay half sent end only their connection', async () => {
    const { client, connect } = await serve({ limits: { halfLineMs: 50 } });
    const other = await connect();
    client.send('{"jsonrpc":');
    await expectAnswer(other);
    expect(await client.answer()).toMatchObject({ id: null, error: { data: { kind: 'timeout' } } });
    expect(await client.line()).toBeUndefined();
    await expectAnswer(other);
  });

  test('of exactly one MiB are answered', async () => {
    const { client } = await serve();
    const line = request('get_token', ACCOUNT, 1).trimEnd();
    expect(await client.ask(line.padEnd(MAX_CLIENT_LINE))).toMatchObject({ result: TOKEN });
  });

  test('of one byte more are refused, and the connection ends', async () => {
    const { client, connect } = await serve();
    const line = request('get_token', ACCOUNT, 1).trimEnd();
    expect(await client.ask(line.padEnd(MAX_CLIENT_LINE + 1))).toMatchObject({
      id: null,
      error: { code: -32012, data: { kind: 'limit_exceeded' } },
    });
    expect(await client.line()).toBeUndefined();
    await expectAnswer(await connect());
  });

  test('that never end are refused long before they would', async () => {
    const { client } = await serve();
    client.send(Buffer.alloc(8 * MAX_CLIENT_LINE, 0x20));
    expect(await client.answer()).toMatchObject({ error: { data: { kind: 'limit_exceeded' } } });
    expect(await client.line()).toBeUndefined();
  });
});

describe('hostile JSON', () => {
  test.each([
    ['arrays that never close', '['.repeat(500_000), 'parse_error'],
    ['nested arrays', '['.repeat(500_000) + ']'.repeat(500_000), 'limit_exceeded'],
    ['objects that never close', '{"a":'.repeat(200_000), 'parse_error'],
    [
      'nested parameters',
      `{"jsonrpc":"2.0","id":1,"method":"get_token","params":{"service":${'['.repeat(400_000)}${']'.repeat(400_000)}}}`,
      'limit_exceeded',
    ],
    [
      'a nested id',
      `{"jsonrpc":"2.0","method":"status","id":${'['.repeat(400_000)}${']'.repeat(400_000)}}`,
      'limit_exceeded',
    ],
  ])('%s are answered by an error', async (_, line, kind) => {
    const { client, connect } = await serve();
    await expectAnswer(client);
    const answer = await client.ask(line);
    const [first] = Array.isArray(answer) ? answer : [answer];
    expect(first?.error?.data?.kind).toBe(kind);
    await expectAnswer(client);
    await expectAnswer(await connect());
  });

  test.each([
    '{"jsonrpc":"2.0","id":1,"method":"get_account","params":{"service":"example","account":"work","__proto__":{"isAdmin":true}}}',
    '{"jsonrpc":"2.0","id":1,"method":"__proto__"}',
    '{"jsonrpc":"2.0","id":1,"method":"constructor"}',
    '{"__proto__":{"jsonrpc":"2.0","id":1,"method":"status"}}',
    '{"jsonrpc":"2.0","id":1,"method":"add_account","params":{"service":"a","account":"b","params":{"__proto__":{"isAdmin":"1"}},"credential":{"__proto__":{"api_key":"x"}}}}',
  ])('a prototype changes nothing: %s', async (line) => {
    const { client } = await serve();
    expect(await client.ask(line)).toHaveProperty('error');
    expect({}).not.toHaveProperty('isAdmin');
    await expectAnswer(client);
  });
});

describe('batches', () => {
  const one = { jsonrpc: '2.0', method: 'get_token', params: ACCOUNT, id: 1 };

  test('of 64 requests are answered', async () => {
    const { client } = await serve();
    const answers = await client.ask(Array.from({ length: 64 }, () => one));
    expect(answers).toHaveLength(64);
    expect(answers[63]).toMatchObject({ result: TOKEN });
  });

  test('of 65 are refused whole', async () => {
    const { client } = await serve();
    expect(await client.ask(Array.from({ length: 65 }, () => one))).toMatchObject({
      id: null,
      error: { data: { kind: 'limit_exceeded' } },
    });
    await expectAnswer(client);
  });

  test('count one by one against the limit of requests in flight', async () => {
    const held = gate(TOKEN);
    const { client, connect } = await serve({ handlers: { refresh_token: held.handler } });
    const batch = Array.from({ length: 40 }, (_, id) => ({ ...one, method: 'refresh_token', id }));
    const text = `${JSON.stringify(batch)}\n`;
    const reached = held.reached(64);
    client.send(text.repeat(3));
    await reached;
    await expectAnswer(await connect());
    expect(held.begun).toBe(64);
    held.release();
    for (let answers = 0; answers < 3; answers++) expect(await client.answer()).toHaveLength(40);
  });
});

describe('batches with long answers', () => {
  const long = { ...TOKEN, access_token: 'x'.repeat(100 * 1024) };
  const asked = (method: string, id?: number) => ({
    jsonrpc: '2.0',
    method,
    params: ACCOUNT,
    ...(id && { id }),
  });

  test('get 1 MiB of them; later requests are refused, and notifications are run', async () => {
    let [begun, noted] = [0, 0];
    const { client } = await serve({
      handlers: {
        get_token: () => {
          begun += 1;
          return long;
        },
        refresh_token: () => {
          noted += 1;
          return TOKEN;
        },
      },
    });
    const batch = [
      ...Array.from({ length: 20 }, (_, id) => asked('get_token', id + 1)),
      asked('refresh_token'),
    ];
    const answers = await client.ask(batch);
    const refused = answers.filter(({ error }) => error?.data?.kind === 'limit_exceeded');
    expect({ begun, noted, refused: refused.length }).toEqual({ begun: 11, noted: 1, refused: 9 });
    expect(answers.map(({ id }) => id)).toEqual(Array.from({ length: 20 }, (_, id) => id + 1));
  });
});

describe('requests in flight', () => {
  test('are answered in the order in which they are done', async () => {
    const held = gate(TOKEN);
    const { client } = await serve({ handlers: { refresh_token: held.handler } });
    client.send(request('refresh_token', ACCOUNT, 'slow') + request('get_token', ACCOUNT, 'quick'));
    expect(await client.answer()).toMatchObject({ id: 'quick' });
    held.release();
    expect(await client.answer()).toMatchObject({ id: 'slow' });
  });

  test('are 64 at most: the rest is read when there is room', async () => {
    const held = gate(TOKEN);
    const { client, connect } = await serve({ handlers: { refresh_token: held.handler } });
    const reached = held.reached(64);
    client.send(requests(200, 'refresh_token', ACCOUNT));
    await reached;
    await expectAnswer(await connect());
    expect(held.begun).toBe(64);
    held.release();
    const ids = new Set<unknown>();
    for (let answers = 0; answers < 200; answers++) ids.add((await client.answer()).id);
    expect(ids.size).toBe(200);
  });

  test('are answered to the last, though the client has ended its side', async () => {
    const held = gate(TOKEN);
    let seenGone: () => void = () => {};
    const gone = new Promise<void>((resolve) => {
      seenGone = resolve;
    });
    const { client } = await serve({
      handlers: {
        refresh_token: (_params, peer) => {
          peer.gone.addEventListener('abort', seenGone);
          return held.handler();
        },
      },
    });
    client.socket.end(requests(100, 'refresh_token', ACCOUNT));
    await gone;
    held.release();
    const ids = new Set<unknown>();
    for (let answers = 0; answers < 100; answers++) ids.add((await client.answer()).id);
    expect(ids.size).toBe(100);
    await client.ended;
  });

  test('keep one heavy request of each connection running, and let light ones pass', async () => {
    const held = gate({ key: 'k', backend: 'vault' as const });
    const { client, connect } = await serve({ handlers: { set_secret: held.handler } });
    const reached = [held.reached(1), held.reached(2)];
    const secret = { key: 'k', value: 'x' };
    client.send(requests(10, 'set_secret', secret));
    await reached[0];
    const other = await connect();
    await expectAnswer(client);
    expect(held.begun).toBe(1);
    other.send(request('set_secret', secret, 1));
    await reached[1];
    await expectAnswer(other);
    expect(held.begun).toBe(2);
    held.release();
    for (let answers = 0; answers < 10; answers++) expect(await client.answer()).toHaveProperty('result');
  });

  test.each(['wait_flow', 'subscribe'] as const)('do not count %s', async (method) => {
    const held = gate({ state: 'pending' as const, account: null, notices: [], subscription: STUB_ID });
    const { client } = await serve({ handlers: { [method]: held.handler } });
    const params = method === 'wait_flow' ? { flow_id: STUB_ID } : { topics: ['accounts'] };
    client.send(requests(100, method, params));
    await expectAnswer(client);
    expect(held.begun).toBe(100);
    held.release();
    for (let answers = 0; answers < 100; answers++) await client.answer();
  });
});

describe('answers that the client does not read', () => {
  const big = { ...TOKEN, access_token: 'x'.repeat(256 * 1024) };

  /** A client that sends requests for ever and reads nothing. */
  function glutton(path: string): net.Socket {
    const socket = net.connect(path).pause();
    const feed = () => {
      while (socket.writable && socket.write(requests(100, 'refresh_token', ACCOUNT)));
    };
    socket
      .on('connect', feed)
      .on('drain', feed)
      .on('error', () => undefined);
    return socket;
  }

  test('stop the reading, and in time end the connection', async () => {
    let calls = 0;
    let peerGone: () => void = () => {};
    const gone = new Promise<void>((resolve) => {
      peerGone = resolve;
    });
    const { served, client } = await serve({
      limits: { unreadMs: 100 },
      handlers: {
        refresh_token: (_, peer: Peer) => {
          calls += 1;
          if (calls === 1) peer.gone.addEventListener('abort', peerGone);
          return big;
        },
      },
    });
    const socket = glutton(served.socket);
    await gone;
    socket.destroy();
    // What the kernel took, and the one with which it became too much.
    expect(calls).toBeLessThan(5);
    await expectAnswer(client);
  });

  test('are all sent where the client is only slow to begin', async () => {
    const { served, client } = await serve({ handlers: { refresh_token: () => big } });
    const slow = await stopAfter(WireClient.connect(served.socket));
    slow.socket.pause();
    slow.send(requests(100, 'refresh_token', ACCOUNT));
    await expectAnswer(client);
    slow.socket.resume();
    for (let answers = 0; answers < 100; answers++) {
      expect(((await slow.answer()).result as typeof big).access_token).toHaveLength(256 * 1024);
    }
  });
});

describe('bytes that are held for all clients together', () => {
  const answer = (length: number) => ({ ...TOKEN, access_token: 'x'.repeat(length) });

  test('have a limit, at which the client that holds most is closed', async () => {
    const { served, client, connect } = await serve({
      limits: { held: 1024 * 1024 },
      handlers: {
        refresh_token: () => answer(900 * 1024),
        get_secret: () => ({ key: 'k', value: 'x'.repeat(400 * 1024), encoding: 'utf8', backend: 'vault' }),
      },
    });
    const [modest, greedy] = [await connect(), await connect()];
    for (const one of [modest, greedy]) one.socket.pause();
    modest.send(request('get_secret', { key: 'k' }, 1));
    greedy.send(request('refresh_token', ACCOUNT, 1));
    await expect.poll(() => served.serving.connections).toBe(2);
    await expectAnswer(client);
    greedy.socket.resume();
    expect(await greedy.line()).toBeUndefined();
    modest.socket.resume();
    expect(await modest.answer()).toHaveProperty('result.key', 'k');
    await expectAnswer(client);
  });

  test('include a line that is not finished, and the answers of a batch that is not complete', async () => {
    const { client, connect } = await serve({
      limits: { held: 1024 * 1024 },
      handlers: { refresh_token: () => answer(700 * 1024) },
    });
    const half = await connect();
    half.send(' '.repeat(900 * 1024));
    const batch = await connect();
    const one = { jsonrpc: '2.0', method: 'refresh_token', params: ACCOUNT, id: 1 };
    batch.send(`${JSON.stringify([one, one])}\n`);
    expect(await batch.line()).toBeUndefined();
    await expectAnswer(client);
    half.send(request('get_token', ACCOUNT, 7));
    expect(await half.answer()).toMatchObject({ id: 7, result: TOKEN });
  });
});

describe('connections', () => {
  test('that break off anywhere disturb no other client', async () => {
    const { served, client } = await serve({ handlers: { refresh_token: () => ({ ...TOKEN }) } });
    const text = requests(50, 'refresh_token', ACCOUNT);
    for (let cut = 1; cut <= 100; cut++) {
      const socket = net.connect(served.socket).on('error', () => undefined);
      await once(socket, 'connect');
      socket.write(text.slice(0, Math.ceil((text.length * cut) / 100)), () => socket.destroy());
      await once(socket, 'close');
    }
    await expectAnswer(client);
  });

  test('whose client has sent its last are answered before they end', async () => {
    const held = gate(TOKEN);
    const { client } = await serve({ handlers: { refresh_token: held.handler } });
    const reached = held.reached(1);
    client.socket.end(request('refresh_token', ACCOUNT, 1));
    await reached;
    held.release();
    expect(await client.answer()).toMatchObject({ id: 1, result: TOKEN });
    expect(await client.line()).toBeUndefined();
  });

  test.each(['wait_flow', 'get_account'] as const)('that are gone tell so to %s', async (method) => {
    const begun = gate(undefined);
    let told: () => void = () => {};
    const left = new Promise<void>((resolve) => {
      told = resolve;
    });
    const { client } = await serve({
      handlers: {
        [method]: async (_: unknown, { gone }: Peer) => {
          void begun.handler();
          await once(gone, 'abort');
          told();
        },
      },
    });
    const reached = begun.reached(1);
    client.send(request(method, method === 'wait_flow' ? { flow_id: STUB_ID } : ACCOUNT, 1));
    await reached;
    client.socket.destroy();
    await left;
  });

  test('hear events as notifications', async () => {
    const event = {
      subscription: STUB_ID,
      topic: 'accounts',
      type: 'needs_auth',
      at: '2026-01-31T12:00:00.000Z',
      account_id: STUB_ID,
      service: 'example',
      account: 'work',
    } as const;
    const { client } = await serve({
      handlers: {
        subscribe: (_, peer) => {
          setImmediate(() => peer.notify(event));
          return { subscription: STUB_ID };
        },
      },
    });
    expect(await client.call('subscribe', { topics: ['accounts'] })).toHaveProperty('result');
    expect(await client.answer()).toEqual({ jsonrpc: '2.0', method: 'event', params: event });
  });
});

describe('closing', () => {
  test('lets running requests finish, accepts no more connections, and leaves no socket', async () => {
    const held = gate(TOKEN);
    const { served, client } = await serve({ handlers: { refresh_token: held.handler } });
    const reached = held.reached(1);
    client.send(request('refresh_token', ACCOUNT, 1));
    await reached;
    const closed = served.serving.close();
    await expect(WireClient.connect(served.socket)).rejects.toMatchObject({ code: 'ENOENT' });
    held.release();
    expect(await client.answer()).toMatchObject({ id: 1, result: TOKEN });
    await closed;
    expect(await client.line()).toBeUndefined();
    expect(existsSync(served.socket)).toBe(false);
    expect(served.serving.connections).toBe(0);
  });

  test('does not wait for ever, nor for those who only wait', async () => {
    const held = gate({ ...TOKEN, state: 'pending' as const, account: null, notices: [] });
    const { served, client, connect } = await serve({
      limits: { closeMs: 50 },
      handlers: { refresh_token: held.handler, wait_flow: held.handler },
    });
    const waiter = await connect();
    const reached = held.reached(2);
    client.send(request('refresh_token', ACCOUNT, 1));
    waiter.send(request('wait_flow', { flow_id: STUB_ID }, 1));
    await reached;
    await served.serving.close();
    expect(await client.line()).toBeUndefined();
    expect(await waiter.line()).toBeUndefined();
  });
});
