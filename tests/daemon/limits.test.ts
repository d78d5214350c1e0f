import { describe, expect, test } from 'vitest';
import { defaultLimits, limitsOf } from '../../daemon/server/limits.js';
import { parseConfig } from '../../shared/config.js';
import { startDaemon } from '../support/start/backends.js';
import { stopAfter } from '../support/start/stop-after.js';
import { WireClient } from '../support/wire/wire-client.js';

// The built daemon with limits from its config.toml.

const LINE = 512 * 1024;
const CONFIG = `[limits]
connections = 16
line_bytes = ${LINE}
depth = 8
half_line_s = 1
batch = 2
flows = 1
subscriptions = 1
doors = 1
`;
const EXCEEDED = { error: { code: -32012, data: { kind: 'limit_exceeded', hint: /\S/ } } };
const GRANTS = ['secret://team/key'];

async function serve(config = CONFIG) {
  const { sandbox } = await stopAfter(startDaemon({ config }));
  const connect = () => stopAfter(WireClient.connect(sandbox.socket));
  return { connect, client: await connect(), other: await connect() };
}

const status = (id: number) => ({ jsonrpc: '2.0', id, method: 'status' });

/** A request of so many levels. */
function nested(levels: number): string {
  const params = `${'['.repeat(levels - 1)}${']'.repeat(levels - 1)}`;
  return `{"jsonrpc":"2.0","id":7,"method":"get_secret","params":${params}}`;
}

describe('beyond a limit of config.toml a client is told limit_exceeded, and others are served:', () => {
  test('requests in a batch', async () => {
    const { client, other } = await serve();
    expect(await client.ask([status(1), status(2)])).toHaveLength(2);
    expect(await client.ask([status(1), status(2), status(3)])).toMatchObject({ ...EXCEEDED, id: null });
    expect(await client.call('status')).toHaveProperty('result');
    expect(await other.call('status')).toHaveProperty('result');
  });

  test('levels in a line, whose request is answered by its id', async () => {
    const { client, other } = await serve();
    expect(await client.ask(nested(8))).toMatchObject({ id: 7, error: { data: { kind: 'invalid_params' } } });
    expect(await client.ask(nested(9))).toMatchObject({ ...EXCEEDED, id: 7 });
    expect(await client.ask(`[${nested(8)}]`)).toMatchObject({ ...EXCEEDED, id: null });
    expect(await client.call('status')).toHaveProperty('result');
    expect(await other.call('status')).toHaveProperty('result');
  });

  test('bytes in a line', async () => {
    const { client, other } = await serve();
    const line = JSON.stringify(status(1));
    expect(await client.ask(line.padEnd(LINE))).toHaveProperty('result');
    expect(await client.ask(line.padEnd(LINE + 1))).toMatchObject({ ...EXCEEDED, id: null });
    expect(await client.line()).toBeUndefined();
    expect(await other.call('status')).toHaveProperty('result');
  });

  test('seconds of a half line', async () => {
    const { client, other } = await serve();
    client.send('{"jsonrpc"');
    expect(await client.answer()).toMatchObject({ id: null, error: { data: { kind: 'timeout' } } });
    expect(await client.line()).toBeUndefined();
    expect(await other.call('status')).toHaveProperty('result');
  });

  test('subscriptions', async () => {
    const { client, other } = await serve();
    const subscribe = (one: WireClient) => one.call('subscribe', { topics: ['accounts'] });
    expect(await subscribe(client)).toHaveProperty('result.subscription');
    expect(await subscribe(client)).toMatchObject(EXCEEDED);
    expect(await subscribe(other)).toHaveProperty('result.subscription');
  });

  test('sign-ins', async () => {
    const { client, other } = await serve();
    const endpoints = {
      authorization_endpoint: 'https://id.example.org/authorize',
      token_endpoint: 'https://id.example.org/token',
    };
    await client.call('set_provider', { id: 'one', client_id: 'x', ...endpoints });
    const begin = (one: WireClient, account: string) => one.call('add_account', { service: 'one', account });
    expect(await begin(client, 'a')).toHaveProperty('result.flow_id', expect.any(String));
    expect(await begin(client, 'b')).toMatchObject(EXCEEDED);
    expect(await begin(other, 'b')).toMatchObject(EXCEEDED);
    await client.stop();
    await expect.poll(() => begin(other, 'b')).toHaveProperty('result.flow_id');
  });

  test('doors', async () => {
    const { client, other } = await serve();
    expect(await client.call('open_door', { grants: GRANTS })).toHaveProperty('result.socket');
    expect(await client.call('open_door', { grants: GRANTS })).toMatchObject(EXCEEDED);
    expect(await other.call('open_door', { grants: GRANTS })).toMatchObject(EXCEEDED);
    expect(await client.call('status')).toHaveProperty('result');
  });

  test('sign-ins and doors of one connection, which others may still have', async () => {
    const { client, other } = await serve('[limits]\nflows_each = 1\ndoors_each = 1\n');
    await client.call('set_provider', {
      ...{ id: 'one', client_id: 'x', token_endpoint: 'https://id.example.org/token' },
      authorization_endpoint: 'https://id.example.org/authorize',
    });
    const begin = (one: WireClient, account: string) => one.call('add_account', { service: 'one', account });
    const open = (one: WireClient) => one.call('open_door', { grants: GRANTS });
    expect([await begin(client, 'a'), await open(client)]).toMatchObject([{ result: {} }, { result: {} }]);
    expect([await begin(client, 'b'), await open(client)]).toMatchObject([EXCEEDED, EXCEEDED]);
    expect([await begin(other, 'b'), await open(other)]).toMatchObject([{ result: {} }, { result: {} }]);
  });

  test('connections, of which none with a door, a subscription or a waiting call makes room', async () => {
    const { connect, client, other } = await serve();
    const waiting = await connect();
    const opened = await client.call('open_door', { grants: GRANTS });
    expect(opened).toHaveProperty('result.door');
    expect(await other.call('subscribe', { topics: ['accounts'] })).toHaveProperty('result.subscription');
    await waiting.call('set_provider', {
      ...{ id: 'one', client_id: 'x', token_endpoint: 'https://id.example.org/token' },
      authorization_endpoint: 'https://id.example.org/authorize',
    });
    const begun = await waiting.call('add_account', { service: 'one', account: 'a' });
    const { flow_id } = begun.result as { flow_id: string };
    waiting.send(`${JSON.stringify({ jsonrpc: '2.0', id: 9, method: 'wait_flow', params: { flow_id } })}\n`);
    const first = await connect();
    for (let count = 0; count < 100; count++) await (await connect()).call('vault_status');
    expect(await first.line()).toBeUndefined();
    expect(await client.call('list_doors')).toMatchObject({ result: { doors: [{ connections: 0 }] } });
    expect(await other.call('status')).toHaveProperty('result.connections', 16);
    expect(await other.call('cancel_flow', { flow_id })).toHaveProperty('result.cancelled', true);
    expect(await waiting.answer()).toMatchObject({ id: 9, error: { data: { kind: 'cancelled' } } });
  });
});

test('what the server counts itself comes from config.toml, too', () => {
  const text =
    'requests = 5\nunread_bytes = 9000000\nconnections = 20\nwaiting = 7\nunread_each_bytes = 99999';
  const { limits } = parseConfig(`[limits]\n${text}`, 'x');
  expect(limitsOf(limits)).toEqual({
    ...defaultLimits,
    ...{ running: 5, held: 9_000_000, connections: 20, kept: 15, waiting: 7, unread: 99_999 },
  });
});
