import { unlinkSync } from 'node:fs';
import { describe, expect, onTestFinished, test } from 'vitest';
import { connect, type SigilforgeClient } from '../../client/index.js';
import type { Handlers } from '../../daemon/handlers/handlers.js';
import type { Limits } from '../../daemon/server/limits.js';
import { bindSocket } from '../../daemon/server/listen.js';
import { WaitingRoom } from '../../daemon/server/waiting-room.js';
import { isOlder } from '../../shared/version.js';
import { gate } from '../support/gate.js';
import { makeFolder, type Served, serveStub } from '../support/start/served.js';
import { stopAfter } from '../support/start/stop-after.js';
import { STUB_ID } from '../support/start/stub-handlers.js';
import { WireClient } from '../support/wire/wire-client.js';

const ACCOUNT = { service: 'example', account: 'work' };
const SECRET = { key: 'one', value: 'x' };

const token = (text: string) => ({ access_token: text, token_type: 'Bearer', expires_at: null, scopes: [] });

/** Much longer than a test: nothing here waits for it. */
const LONG_MS = 60_000;

function serving(
  handlers: Partial<Handlers> = {},
  limits: Partial<Limits> = {},
  socket?: string,
): Promise<Served> {
  const expecting: Partial<Handlers> = {
    expect_leaving: (_params, peer) => ({ leaving: peer.expectLeaving() }),
  };
  return stopAfter(
    serveStub({
      handlers: { ...expecting, ...handlers },
      limits: { closeMs: 10, leaveMs: LONG_MS, ...limits },
      ...(socket === undefined ? {} : { socket }),
    }),
  );
}

async function clientOf({ socket }: Pick<Served, 'socket'>): Promise<SigilforgeClient> {
  const client = await connect({ socket });
  onTestFinished(() => client.close());
  return client;
}

const wire = ({ socket }: Served): Promise<WireClient> => stopAfter(WireClient.connect(socket));

describe('a daemon that is about to end', () => {
  test('tells a client that asked for it, and answers it until it leaves', async () => {
    const served = await serving();
    const client = await wire(served);
    expect(await client.call('expect_leaving')).toMatchObject({ result: { leaving: false } });
    const left = served.serving.leave();
    expect(await client.answer()).toEqual({
      jsonrpc: '2.0',
      method: 'leaving',
      params: { successor: false },
    });
    expect(await client.call('status')).toHaveProperty('result.pid', process.pid);
    await client.stop();
    await left;
  });

  test('says so at once to a client that asks later, and whether another daemon follows', async () => {
    const served = await serving();
    const client = await wire(served);
    const left = served.serving.leave({});
    client.send('{"jsonrpc":"2.0","method":"expect_leaving"}\n');
    expect(await client.answer()).toMatchObject({ method: 'leaving', params: { successor: true } });
    await client.stop();
    await left;
  });

  test('ends a client that is idle and did not ask for it, which would take the notice for an answer', async () => {
    const served = await serving();
    const client = await wire(served);
    await client.call('status');
    const left = served.serving.leave();
    expect(await client.line()).toBeUndefined();
    await client.stop();
    await left;
  });

  test('lets a client ask that has only connected, and ends it after its time', async () => {
    const served = await serving({}, { leaveMs: 300 });
    const [asks, silent] = [await wire(served), await wire(served)];
    const left = served.serving.leave();
    expect(await asks.call('status')).toHaveProperty('result');
    await left;
    const closed = served.serving.close();
    expect(await silent.line()).toBeUndefined();
    await Promise.all([asks.stop(), silent.stop(), closed]);
  });

  test('still accepts those that had found it when another one took its place', async () => {
    const served = await serving();
    // The system has connected them, and the server has not seen any of them yet.
    const coming = Array.from({ length: 20 }, () => WireClient.connect(served.socket));
    unlinkSync(served.socket);
    const left = served.serving.leave({});
    const clients = await Promise.all(coming);
    const answers = await Promise.all(clients.map((client) => client.call('status')));
    for (const answer of answers) expect(answer).toHaveProperty('result.pid', process.pid);
    await Promise.all(clients.map((client) => client.stop()));
    await left;
  });

  test('does not end after all: clients stay, and are told the next time', async () => {
    const served = await serving();
    const client = await wire(served);
    const left = served.serving.leave({});
    served.serving.stay();
    expect(await client.call('expect_leaving')).toMatchObject({ result: { leaving: false } });
    await client.stop();
    await left;
  });
});

describe('a client of a daemon that is about to end', () => {
  test('gets the answers that it waits for, makes no more calls there, and goes to the next one', async () => {
    const [asked, answered] = [gate(), gate()];
    const calls: string[] = [];
    const set_secret: Handlers['set_secret'] = async ({ key }) => {
      calls.push(key);
      asked.open();
      await answered.opened;
      return { key, backend: 'vault' };
    };
    const first = await serving({ set_secret });
    const client = await clientOf(first);
    const waiting = client.setSecret(SECRET);
    await asked.opened;
    const left = first.serving.leave({});
    const next = await serving({ get_token: () => token('next') }, {}, first.socket);
    await expect.poll(() => client.getToken(ACCOUNT)).toMatchObject({ access_token: 'next' });
    answered.open();
    expect(await waiting).toEqual({ key: 'one', backend: 'vault' });
    await left;
    expect(calls).toEqual(['one']);
    expect(next.serving.connections).toBe(1);
  });

  test('asks once more if a connection is lost and the call only reads', async () => {
    let calls = 0;
    const get_token: Handlers['get_token'] = () => {
      calls += 1;
      if (calls > 1) return token('again');
      for (const connection of connections.splice(0)) connection();
      return new Promise(() => undefined);
    };
    const connections: (() => void)[] = [];
    const served = await serving({ get_token });
    const client = await clientOf(served);
    connections.push(() => void served.serving.close());
    const asked = client.getToken(ACCOUNT);
    await expect.poll(() => served.serving.connections).toBe(0);
    await serving({ get_token }, {}, served.socket);
    expect(await asked).toMatchObject({ access_token: 'again' });
    expect(calls).toBe(2);
  });

  test('knows its subscription by the same id on the next connection', async () => {
    const ids = [STUB_ID, STUB_ID.replace(/^0/, '1')];
    const subscribe: Handlers['subscribe'] = (_params, peer) => {
      const subscription = ids.shift() ?? '';
      setImmediate(() =>
        peer.notify({
          ...ACCOUNT,
          ...{ subscription, topic: 'accounts', type: 'needs_auth' },
          ...{ at: '2026-01-31T12:00:00.000Z', account_id: STUB_ID },
        }),
      );
      return { subscription };
    };
    const removed: string[] = [];
    const unsubscribe: Handlers['unsubscribe'] = ({ subscription }) => {
      removed.push(subscription);
      return { removed: true };
    };
    const first = await serving({ subscribe });
    const client = await clientOf(first);
    const heard: string[] = [];
    client.onEvent(({ subscription }) => heard.push(subscription));
    await client.subscribe({ topics: ['accounts'] });
    await expect.poll(() => heard).toEqual([STUB_ID]);
    await first.serving.leave({});
    await serving({ subscribe, unsubscribe }, {}, first.socket);
    await expect.poll(() => heard).toEqual([STUB_ID, STUB_ID]);
    await client.unsubscribe({ subscription: STUB_ID });
    expect(removed).toEqual([STUB_ID.replace(/^0/, '1')]);
  });
});

describe('a waiting room', () => {
  test('holds so many clients and no more, and shows them in with what they have asked', async () => {
    const folder = await makeFolder();
    const socket = `${folder}/run/s.sock`;
    const room = new WaitingRoom(await bindSocket(socket), 2);
    const clients = await Promise.all([0, 1, 2].map(() => stopAfter(WireClient.connect(socket))));
    for (const client of clients.slice(0, 2)) client.send('{"jsonrpc":"2.0","id":1,"method":"status"}\n');
    expect(await clients[2]?.line()).toBeUndefined();
    const shown: unknown[] = [];
    room.listener.server.on('connection', (client) => shown.push(client));
    room.open();
    expect(shown).toHaveLength(2);
    room.close();
  });
});

test.each([
  ['0.0.9', '0.1.0', true],
  ['0.1.0', '0.1.0', false],
  ['0.10.0', '0.9.9', false],
  ['1.2.3', '1.10.0', true],
  ['2.0.0', '1.9.9', false],
])('%s is older than %s: %s', (one, other, expected) => {
  expect(isOlder(one, other)).toBe(expected);
});
