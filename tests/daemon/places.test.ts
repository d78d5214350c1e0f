import { describe, expect, onTestFinished, test } from 'vitest';
import type { Handlers } from '../../daemon/handlers/handlers.js';
import { Rights } from '../../daemon/handlers/rights.js';
import { bindSocket } from '../../daemon/server/listen.js';
import { gate } from '../support/gate.js';
import { serveStub } from '../support/start/served.js';
import { stopAfter } from '../support/start/stop-after.js';
import { STUB_ID } from '../support/start/stub-handlers.js';
import { WireClient } from '../support/wire/wire-client.js';

const ACCOUNT = { service: 'example', account: 'work' };
const FULL = { error: { code: -32012, data: { kind: 'limit_exceeded', hint: expect.any(String) } } };

interface Use {
  readonly connections?: number;
  readonly kept?: number;
  readonly reserve?: number;
  readonly handlers?: Partial<Handlers>;
}

/** A server with few places, whose stubs keep a connection as the daemon's handlers do. */
async function serve({ connections = 4, kept = 4, reserve = 2, handlers = {} }: Use = {}) {
  const held = gate();
  let slow = 0;
  const served = await stopAfter(
    serveStub({
      limits: { connections, kept, reserve },
      handlers: {
        subscribe: (_, peer) => {
          peer.keep();
          return { subscription: STUB_ID };
        },
        refresh_token: async () => {
          await held.opened;
          return { access_token: 'x', token_type: 'Bearer', expires_at: null, scopes: [] };
        },
        get_token: async ({ account }) => {
          if (account === 'slow') {
            slow += 1;
            await held.opened;
          }
          return { access_token: 'x', token_type: 'Bearer', expires_at: null, scopes: [] };
        },
        wait_flow: async () => {
          await held.opened;
          return { state: 'pending', account: null, notices: [] };
        },
        ...handlers,
      },
    }),
  );
  const connect = () => stopAfter(WireClient.connect(served.socket));
  const door = await bindSocket(`${served.socket}.door`);
  onTestFinished(() => void door.close());
  const grants = ['auth://example/work/token', 'auth://example/slow/token'];
  served.serving.acceptAt(door, {
    rights: () => new Rights(grants),
    label: 'door',
    entered: () => {},
    left: () => {},
  });
  const connectNarrowed = () => stopAfter(WireClient.connect(door.address));
  return { held, slow: () => slow, connect, connectNarrowed, serving: served.serving };
}

async function connectMany(connect: () => Promise<WireClient>, count: number): Promise<WireClient[]> {
  const clients: WireClient[] = [];
  for (let index = 0; index < count; index++) {
    const client = await connect();
    expect(await client.call('get_account', ACCOUNT)).toHaveProperty('result');
    clients.push(client);
  }
  return clients;
}

/** Something that does not end by itself, so that the connection may not be closed. */
const OCCUPIED: readonly [string, string, object][] = [
  ['a running request', 'refresh_token', ACCOUNT],
  ['a call that waits', 'wait_flow', { flow_id: STUB_ID }],
];

describe('a new connection beyond the limit', () => {
  test('takes the place of the one that has been idle longest', async () => {
    const { connect, serving } = await serve();
    const [first, second, third, fourth] = await connectMany(connect, 4);
    expect(await first?.call('get_account', ACCOUNT)).toHaveProperty('result');
    const newcomer = await connect();
    expect(await newcomer.call('get_account', ACCOUNT)).toHaveProperty('result');
    expect(await second?.line()).toBeUndefined();
    for (const one of [first, third, fourth])
      expect(await one?.call('get_account', ACCOUNT)).toHaveProperty('result');
    expect(serving.connections).toBe(4);
  });

  test('counts one that has never said anything, and one in the middle of a line, as idle', async () => {
    const { connect } = await serve();
    const [silent, half] = [await connect(), await connect()];
    half.send('{"jsonrpc":');
    await connectMany(connect, 4);
    expect(await silent.line()).toBeUndefined();
    expect(await half.line()).toBeUndefined();
  });

  test.each(OCCUPIED)('does not close one with %s', async (_, method, params) => {
    const { held, connect } = await serve();
    const occupied = await connect();
    occupied.send(`${JSON.stringify({ jsonrpc: '2.0', id: 1, method, params })}\n`);
    await connectMany(connect, 9);
    held.open();
    expect(await occupied.answer()).toMatchObject({ id: 1, result: {} });
  });

  test('does not close one with a subscription', async () => {
    const { connect } = await serve();
    const subscribed = await connect();
    expect(await subscribed.call('subscribe', { topics: ['accounts'] })).toHaveProperty('result');
    await connectMany(connect, 9);
    expect(await subscribed.call('get_account', ACCOUNT)).toHaveProperty('result');
  });
});

describe('while no connection is idle', () => {
  async function full(use: Use = {}) {
    const { connect, ...rest } = await serve(use);
    const busy = await connectMany(connect, 4);
    for (const one of busy) await one.call('subscribe', { topics: ['accounts'] });
    return { connect, busy, ...rest };
  }

  test('a new one is answered status and shutdown, and told to try again for everything else', async () => {
    const { connect } = await full();
    const newcomer = await connect();
    expect(await newcomer.call('get_account', ACCOUNT)).toMatchObject(FULL);
    expect(await newcomer.call('no_such_method')).toMatchObject(FULL);
    expect(await newcomer.call('subscribe', { topics: ['accounts'] })).toMatchObject(FULL);
    expect(await newcomer.call('status')).toHaveProperty('result.version');
    expect(await newcomer.call('shutdown')).toHaveProperty('result.stopping', true);
  });

  test('it gets the next place that becomes free', async () => {
    const { connect, busy } = await full();
    const newcomer = await connect();
    expect(await newcomer.call('get_account', ACCOUNT)).toMatchObject(FULL);
    await busy[0]?.stop();
    await expect.poll(() => newcomer.call('get_account', ACCOUNT)).toHaveProperty('result');
  });

  test('it takes the place of one that is idle by the time it asks', async () => {
    const { held, connect } = await serve();
    const busy = await connectMany(connect, 4);
    const asked = { jsonrpc: '2.0', id: 1, method: 'refresh_token', params: ACCOUNT };
    for (const one of busy) one.send(`${JSON.stringify(asked)}\n`);
    const newcomer = await connect();
    await expect.poll(() => newcomer.call('get_account', ACCOUNT)).toMatchObject(FULL);
    held.open();
    for (const one of busy) expect(await one.answer()).toHaveProperty('result');
    expect(await newcomer.call('get_account', ACCOUNT)).toHaveProperty('result');
    expect(await busy[0]?.line()).toBeUndefined();
  });

  test('any number of new ones come, each in the place of the one before', async () => {
    const { connect, serving } = await full();
    const newcomers: WireClient[] = [];
    for (let count = 0; count < 10; count++) {
      const newcomer = await connect();
      expect(await newcomer.call('status')).toHaveProperty('result.version');
      newcomers.push(newcomer);
    }
    expect(await newcomers[0]?.line()).toBeUndefined();
    expect(serving.connections).toBe(6);
  });
});

test('so many connections are kept that others still find a place', async () => {
  const { connect } = await serve({ kept: 3 });
  const clients = await connectMany(connect, 4);
  for (const [index, one] of clients.entries()) {
    const answer = await one.call('subscribe', { topics: ['accounts'] });
    if (index < 3) expect(answer).toHaveProperty('result.subscription');
    else expect(answer).toMatchObject(FULL);
  }
  // One that is kept may be so for more than one reason.
  expect(await clients[0]?.call('subscribe', { topics: ['accounts'] })).toHaveProperty('result.subscription');
  await connectMany(connect, 3);
});

describe('narrowed connections leave a quarter to others', () => {
  const SLOW = { jsonrpc: '2.0', id: 1, method: 'get_token', params: { ...ACCOUNT, account: 'slow' } };

  test('of the places, while all of theirs are busy', async () => {
    const { held, slow, connect, connectNarrowed } = await serve();
    const busy: WireClient[] = [];
    for (let count = 0; count < 3; count++) {
      const client = await connectNarrowed();
      client.send(`${JSON.stringify(SLOW)}\n`);
      busy.push(client);
    }
    await expect.poll(slow).toBe(3);
    const [refused, other] = [await connectNarrowed(), await connect()];
    expect(await refused.call('get_token', ACCOUNT)).toMatchObject(FULL);
    expect(await refused.call('status')).toHaveProperty('result');
    expect(await other.call('get_account', ACCOUNT)).toHaveProperty('result');
    await other.stop();
    expect(await refused.call('get_token', ACCOUNT)).toMatchObject(FULL);
    held.open();
    for (const client of busy) expect(await client.answer()).toHaveProperty('result');
    expect(await refused.call('get_token', ACCOUNT)).toHaveProperty('result');
  });

  test('of those that are kept', async () => {
    const { connect, connectNarrowed } = await serve({ connections: 8 });
    const subscribe = async (client: WireClient) => client.call('subscribe', { topics: ['accounts'] });
    for (let count = 0; count < 3; count++) {
      expect(await subscribe(await connectNarrowed())).toHaveProperty('result');
    }
    expect(await subscribe(await connectNarrowed())).toMatchObject(FULL);
    const other = await connect();
    expect(await subscribe(other)).toHaveProperty('result');
    await other.stop();
  });
});
