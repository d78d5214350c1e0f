import { once } from 'node:events';
import { describe, expect, test } from 'vitest';
import type { ResultOf } from '../../shared/contract/index.js';
import { gate } from '../support/gate.js';
import { serveStub } from '../support/start/served.js';
import { stopAfter } from '../support/start/stop-after.js';
import { STUB_ID } from '../support/start/stub-handlers.js';
import { WireClient } from '../support/wire/wire-client.js';

const account = { service: 'example', account: 'work' };
const token = { access_token: 'stub', token_type: 'Bearer', expires_at: null, scopes: [] };
const flow: ResultOf<'wait_flow'> = { state: 'pending', account: null, notices: [] };

function request(id: number, method: string, params: object = {}): string {
  return JSON.stringify({ jsonrpc: '2.0', id, method, params });
}

describe('behind a call that takes long, in a line that waits for a turn of its own', () => {
  test.each([
    ['one that waits for an event', 'wait_flow', { flow_id: STUB_ID }],
    ['one that does not', 'refresh_token', account],
  ])('%s', async (_, method, params) => {
    const begun = gate();
    const held = gate();
    const holding = async <T>(result: T): Promise<T> => {
      begun.open();
      await held.opened;
      return result;
    };
    const handlers = { wait_flow: () => holding(flow), refresh_token: () => holding(token) };
    const { socket } = await stopAfter(serveStub({ handlers }));
    const client = await stopAfter(WireClient.connect(socket));
    client.send(`${request(1, method, params).padEnd(20_000)}\n`);
    await begun.opened;
    client.send(`${request(2, 'status')}\n`);
    expect(await client.answer()).toMatchObject({ id: 2 });
    held.open();
    expect(await client.answer()).toMatchObject({ id: 1 });
  });
});

test('half a line behind a call that takes long has its time', async () => {
  const held = gate();
  const refresh_token = async () => {
    await held.opened;
    return token;
  };
  const { socket } = await stopAfter(serveStub({ limits: { halfLineMs: 50 }, handlers: { refresh_token } }));
  const client = await stopAfter(WireClient.connect(socket));
  client.send(`${request(1, 'refresh_token', account)}\n{"half`);
  expect(await client.answer()).toMatchObject({ id: null, error: { data: { kind: 'timeout' } } });
  held.open();
  expect(await client.answer()).toMatchObject({ id: 1 });
});

test('a daemon that ends does not wait for an event that was asked for behind another call', async () => {
  const begun = gate();
  const held = gate();
  const { socket, serving } = await stopAfter(
    serveStub({
      limits: { running: 1, closeMs: 60_000 },
      handlers: {
        refresh_token: async () => {
          begun.open();
          await held.opened;
          return token;
        },
        wait_flow: async (_params, { gone }) => {
          await once(gone, 'abort');
          return flow;
        },
      },
    }),
  );
  const client = await stopAfter(WireClient.connect(socket));
  client.send(`[${request(1, 'refresh_token', account)},${request(2, 'wait_flow', { flow_id: STUB_ID })}]\n`);
  await begun.opened;
  const closed = serving.close();
  held.open();
  await closed;
});
