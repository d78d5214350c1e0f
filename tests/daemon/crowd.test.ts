import { describe, expect, test } from 'vitest';
import { startDaemon } from '../support/start/backends.js';
import { stopAfter } from '../support/start/stop-after.js';
import { WireClient } from '../support/wire/wire-client.js';

// The built programs beside as many connections as the daemon serves.

const ALL = 256;
const KEPT = 192;

async function crowd(count: number, each: (client: WireClient, index: number) => Promise<void>) {
  const backend = await stopAfter(startDaemon());
  const clients: WireClient[] = [];
  for (let index = 0; index < count; index++) {
    const client = await stopAfter(WireClient.connect(backend.sandbox.socket));
    await each(client, index);
    clients.push(client);
  }
  return { ...backend, clients };
}

async function expectStops({ sandbox, daemon }: Awaited<ReturnType<typeof crowd>>): Promise<void> {
  const status = await sandbox.run(['daemon', 'status']);
  expect(status).toMatchObject({ code: 0, stderr: '' });
  expect(await sandbox.run(['secret', 'list'])).toMatchObject({ code: 0 });
  expect(await sandbox.run(['daemon', 'stop'])).toMatchObject({ code: 0 });
  expect(await daemon.exited).toMatchObject({ code: 0, signal: null });
}

describe('status, stop and any other command work beside 256 connections', () => {
  test('that have never said anything', async () => {
    await expectStops(await crowd(ALL, async () => {}));
  });

  test('that were used and are idle', async () => {
    const call = async (client: WireClient) => void (await client.call('vault_status'));
    await expectStops(await crowd(ALL, call));
  });

  test('of which as many are subscribed as may be, and one more is told so', async () => {
    await expectStops(
      await crowd(ALL, async (client, index) => {
        const answer = await client.call('subscribe', { topics: ['accounts'] });
        if (index < KEPT) expect(answer).toHaveProperty('result.subscription');
        else expect(answer).toMatchObject({ error: { data: { kind: 'limit_exceeded', hint: /\S/ } } });
      }),
    );
  });
});

test('stop works beside a connection that floods the daemon', async () => {
  const backend = await crowd(1, async (client) => {
    const params = { key: 'flood', value: 'x' };
    for (let id = 0; id < 64; id++)
      client.send(`${JSON.stringify({ jsonrpc: '2.0', id, method: 'set_secret', params })}\n`);
    void (async () => {
      while ((await client.line()) !== undefined)
        client.send(`${JSON.stringify({ jsonrpc: '2.0', id: 0, method: 'set_secret', params })}\n`);
    })();
  });
  await expectStops(backend);
});

test('a connection has sixteen subscriptions at most, and its end makes room for those of others', async () => {
  const { sandbox, clients } = await crowd(KEPT, async (client) => {
    await client.call('subscribe', { topics: ['accounts'] });
  });
  const [first] = clients;
  for (let count = 1; count < 16; count++) {
    expect(await first?.call('subscribe', { topics: ['accounts'] })).toHaveProperty('result');
  }
  const full = { error: { data: { kind: 'limit_exceeded' } } };
  expect(await first?.call('subscribe', { topics: ['accounts'] })).toMatchObject(full);
  const other = await stopAfter(WireClient.connect(sandbox.socket));
  expect(await other.call('subscribe', { topics: ['accounts'] })).toMatchObject(full);
  await first?.stop();
  await expect.poll(() => other.call('subscribe', { topics: ['accounts'] })).toHaveProperty('result');
});
