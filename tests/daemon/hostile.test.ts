import net from 'node:net';
import { describe, expect, test } from 'vitest';
import { connect } from '../../client/index.js';
import { startDaemon } from '../support/start/backends.js';
import { mostResident } from '../support/start/processes.js';
import { stopAfter } from '../support/start/stop-after.js';
import { probeStatus } from '../support/wire/probe.js';
import { WireClient } from '../support/wire/wire-client.js';

// The built daemon beside clients that mean harm; it answers its status to another program all the while.

const LIMIT_MIB = 300;
const DEEP = 10_000;

async function serve(config = '') {
  const env = { NODE_OPTIONS: '--max-old-space-size=512' };
  const { api, sandbox, daemon } = await stopAfter(startDaemon({ config, env }));
  const connect = () => stopAfter(WireClient.connect(sandbox.socket));
  const expectWell = async (): Promise<void> => {
    expect(await sandbox.run(['daemon', 'status'])).toMatchObject({ code: 0 });
    expect(daemon.child.exitCode).toBeNull();
    expect(mostResident(daemon.pid)).toBeLessThan(LIMIT_MIB);
  };
  return { api, daemon, socket: sandbox.socket, connect, expectWell };
}

/** A connection that is opened and left; `undefined` if the daemon's queue is full. */
function opened(socket: string): Promise<net.Socket | undefined> {
  const client = net.connect(socket);
  return new Promise((resolve) => {
    client.on('connect', () => resolve(client.resume()));
    client.on('error', () => resolve(undefined));
  });
}

test('10,000 connections that are opened and left take neither a place from others nor memory', async () => {
  const { api, socket, connect, expectWell } = await serve();
  const subscribed = await connect();
  expect(await subscribed.call('subscribe', { topics: ['accounts'] })).toHaveProperty('result');
  const door = await connect();
  expect(await door.call('open_door', { grants: ['secret://a'] })).toHaveProperty('result.door');
  const probe = await probeStatus(socket, '10,000 connections were opened and left');
  const left: net.Socket[] = [];
  while (left.length < 10_000) {
    const some = await Promise.all(Array.from({ length: 100 }, () => opened(socket)));
    left.push(...some.filter((client) => client !== undefined));
  }
  await probe.stop();
  expect((await api.status()).connections).toBeLessThanOrEqual(256 + 16);
  expect(await subscribed.call('status')).toHaveProperty('result');
  expect(await door.call('list_doors')).toHaveProperty('result.doors.length', 1);
  await expectWell();
  for (const client of left) client.destroy();
}, 120_000);

test('a client waits for its turn while others have filled the queue of the daemon', async () => {
  const { socket, daemon, expectWell } = await serve();
  daemon.child.kill('SIGSTOP');
  const left: net.Socket[] = [];
  for (;;) {
    const client = await opened(socket);
    if (client === undefined) break;
    left.push(client);
  }
  const connecting = connect({ socket });
  connecting.catch(() => undefined);
  for (let count = 0; count < 3; count++) expect(await opened(socket)).toBeUndefined();
  daemon.child.kill('SIGCONT');
  const client = await connecting;
  expect((await client.status()).connections).toBeLessThanOrEqual(256 + 16);
  await client.close();
  for (const one of left) one.destroy();
  await expectWell();
});

test('clients that send byte by byte are ended in time, however long they go on', async () => {
  const { socket, connect, expectWell } = await serve('[limits]\nhalf_line_s = 1\n');
  const probe = await probeStatus(socket, '100 clients sent byte by byte');
  const clients = await Promise.all(Array.from({ length: 100 }, connect));
  const timers = clients.map((client) => {
    client.send('{"jsonrpc":"2.0","id":1,');
    return setInterval(() => client.send(' '), 50);
  });
  for (const client of clients) {
    expect(await client.answer()).toMatchObject({ id: null, error: { data: { kind: 'timeout' } } });
    expect(await client.line()).toBeUndefined();
  }
  for (const timer of timers) clearInterval(timer);
  await probe.stop();
  await expectWell();
});

describe('10,000 levels', () => {
  const arrays = `${'['.repeat(DEEP)}${']'.repeat(DEEP)}`;
  const objects = `${'{"a":'.repeat(DEEP)}1${'}'.repeat(DEEP)}`;
  const TOO_DEEP = { error: { data: { kind: 'limit_exceeded' } } };
  const NOT_JSON = { error: { data: { kind: 'parse_error' } } };

  test.each([
    ['of arrays', arrays, TOO_DEEP],
    ['of objects', objects, TOO_DEEP],
    ['of objects of one name, __proto__', objects.replaceAll('"a"', '"__proto__"'), TOO_DEEP],
    ['that are never closed', '['.repeat(DEEP), NOT_JSON],
    ['that are closed and were never opened', `0${']'.repeat(DEEP)}`, NOT_JSON],
    ['of parameters', `{"jsonrpc":"2.0","id":3,"method":"get_secret","params":${objects}}`, TOO_DEEP],
    ['of positional parameters', `{"jsonrpc":"2.0","id":3,"method":"status","params":${arrays}}`, TOO_DEEP],
    ['in one parameter', `{"jsonrpc":"2.0","id":3,"method":"set_secret","params":["k",${arrays}]}`, TOO_DEEP],
    ['of an id', `{"jsonrpc":"2.0","id":${arrays},"method":"status"}`, TOO_DEEP],
    ['of a method', `{"jsonrpc":"2.0","id":3,"method":${arrays}}`, TOO_DEEP],
    ['in a batch', `[{"jsonrpc":"2.0","id":3,"method":"status","params":${objects}}]`, TOO_DEEP],
  ])('%s are refused, and the connection lives on', async (_, line, answer) => {
    const { connect, expectWell } = await serve();
    const client = await connect();
    expect(await client.call('status')).toHaveProperty('result');
    expect(await client.ask(line)).toMatchObject(answer);
    expect(await client.call('status')).toHaveProperty('result');
    expect(await client.call('restrict', { grants: ['secret://a'] })).toHaveProperty('result');
    expect(await client.ask(line)).toMatchObject(answer);
    expect(await client.call('status')).toHaveProperty('result');
    await expectWell();
  });
});

describe('of names that are there twice the last one counts, for rights and methods alike:', () => {
  const DENIED = { error: { data: { kind: 'denied' } } };
  const GRANTED = { result: { value: 'given' } };
  const call = (method: string, params: string) => `{"jsonrpc":"2.0","id":1,${method},"params":{${params}}}`;

  test.each([
    [
      'a parameter, the last one granted',
      call('"method":"get_secret"', '"key":"other","key":"mine"'),
      GRANTED,
    ],
    ['a parameter, the last one not', call('"method":"get_secret"', '"key":"mine","key":"other"'), DENIED],
    ['in other spellings', call('"method":"get_secret"', '"key":"mine","k\\u0065y":"other"'), DENIED],
    [
      'a method, the last one granted',
      call('"method":"lock","method":"get_secret"', '"key":"mine"'),
      GRANTED,
    ],
    [
      'a method, the last one not',
      call('"method":"get_secret","method":"delete_secret"', '"key":"mine"'),
      DENIED,
    ],
    [
      'parameters, the last ones not granted',
      call('"method":"get_secret","params":{"key":"mine"}', '"key":"other"'),
      DENIED,
    ],
    [
      'parameters, the last ones by position',
      '{"jsonrpc":"2.0","id":1,"method":"get_secret","params":{"key":"mine"},"params":["other"]}',
      DENIED,
    ],
    ['beside __proto__', call('"method":"get_secret"', '"key":"other","__proto__":{"key":"mine"}'), DENIED],
  ])('%s', async (_, line, answer) => {
    const { api, connect } = await serve();
    await api.setSecret({ key: 'mine', value: 'given' });
    await api.setSecret({ key: 'other', value: 'kept back' });
    const client = await connect();
    await client.call('restrict', { grants: ['secret://mine'] });
    expect(await client.ask(line)).toMatchObject(answer);
    const [first] = await client.ask(`[${line}]`);
    expect(first).toMatchObject(answer);
    expect((await api.listSecrets()).secrets).toHaveLength(2);
  });
});

test('names of the prototype are unknown parameters, and change nothing for later requests', async () => {
  const { connect, expectWell } = await serve();
  const client = await connect();
  const poison = '{"key":"polluted","prefix":"polluted","isAdmin":true,"name":"polluted"}';
  for (const name of ['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', 'then']) {
    const lines = [
      `{"jsonrpc":"2.0","id":1,"method":"list_secrets","params":{"${name}":${poison}}}`,
      `{"jsonrpc":"2.0","id":1,"method":"add_account","params":{"service":"a","account":"b","credential":{"api_key":"k","${name}":${poison}}}}`,
      `{"jsonrpc":"2.0","id":1,"method":"add_account","params":{"service":"a","account":"b","params":{"${name}":${poison}}}}`,
    ];
    for (const line of lines) {
      const { error } = await client.ask(line);
      // Names of a person's own choice that belong to the prototype are passed over.
      expect(error?.data?.kind).toMatch(/^(invalid_params|not_found)$/);
    }
    for (const method of [name, `${name}.call`]) {
      expect(await client.call(method)).toMatchObject({ error: { data: { kind: 'method_not_found' } } });
    }
    const envelope = `{"jsonrpc":"2.0","id":1,"method":"get_secret","${name}":{"params":${poison}}}`;
    expect(await client.ask(envelope)).toMatchObject({ error: { data: { kind: 'invalid_params' } } });
  }
  expect(await client.call('list_secrets')).toMatchObject({ result: { secrets: [], cursor: null } });
  expect(await client.call('list_accounts')).toMatchObject({ result: { accounts: [] } });
  await expectWell();
});
