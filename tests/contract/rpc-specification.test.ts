import { describe, expect, test } from 'vitest';
import type { WireMethods } from '../../daemon/server/methods.js';
import { serveStub } from '../support/start/served.js';
import { stopAfter } from '../support/start/stop-after.js';
import { WireClient } from '../support/wire/wire-client.js';

/** The methods that the examples of the JSON-RPC 2.0 specification call. */
const methods: WireMethods = new Map<string, (params: object | undefined) => unknown>([
  ['subtract', subtract],
  ['sum', (params) => numbers(params).reduce((sum, number) => sum + number, 0)],
  ['get_data', () => ['hello', 5]],
  ['update', () => null],
  ['notify_hello', () => null],
  ['notify_sum', () => null],
]);

function subtract(params: object | undefined): number {
  if (Array.isArray(params)) return params[0] - params[1];
  const { minuend, subtrahend } = params as { minuend: number; subtrahend: number };
  return minuend - subtrahend;
}

function numbers(params: object | undefined): number[] {
  return Array.isArray(params) ? params : [];
}

async function connect(): Promise<WireClient> {
  const served = await stopAfter(serveStub({ methods }));
  return stopAfter(WireClient.connect(served.socket));
}

/** The message is ours to word: the specification fixes the code alone. */
function failure(code: number, id: unknown) {
  return {
    jsonrpc: '2.0',
    id,
    error: {
      code,
      message: expect.any(String),
      data: { kind: expect.any(String), hint: expect.any(String) },
    },
  };
}

const PARSE_ERROR = -32700;
const INVALID_REQUEST = -32600;
const METHOD_NOT_FOUND = -32601;

describe('the examples of the specification, section 7', () => {
  test.each([
    ['{"jsonrpc": "2.0", "method": "subtract", "params": [42, 23], "id": 1}', 19, 1],
    ['{"jsonrpc": "2.0", "method": "subtract", "params": [23, 42], "id": 2}', -19, 2],
    ['{"jsonrpc": "2.0", "method": "subtract", "params": {"subtrahend": 23, "minuend": 42}, "id": 3}', 19, 3],
    ['{"jsonrpc": "2.0", "method": "subtract", "params": {"minuend": 42, "subtrahend": 23}, "id": 4}', 19, 4],
  ])('parameters by position and by name: %s', async (line, result, id) => {
    const client = await connect();
    expect(await client.ask(line)).toEqual({ jsonrpc: '2.0', result, id });
  });

  test.each([
    '{"jsonrpc": "2.0", "method": "update", "params": [1,2,3,4,5]}',
    '{"jsonrpc": "2.0", "method": "foobar"}',
  ])('a notification is not answered: %s', async (line) => {
    const client = await connect();
    client.send(`${line}\n`);
    expect(await client.call('get_data')).toEqual({ jsonrpc: '2.0', result: ['hello', 5], id: 1 });
  });

  test.each([
    [
      'a method that does not exist',
      '{"jsonrpc": "2.0", "method": "foobar", "id": "1"}',
      METHOD_NOT_FOUND,
      '1',
    ],
    ['invalid JSON', '{"jsonrpc": "2.0", "method": "foobar, "params": "bar", "baz]', PARSE_ERROR, null],
    ['an invalid request object', '{"jsonrpc": "2.0", "method": 1, "params": "bar"}', INVALID_REQUEST, null],
    [
      'a batch of invalid JSON',
      '[{"jsonrpc": "2.0", "method": "sum", "params": [1,2,4], "id": "1"},{"jsonrpc": "2.0", "method"]',
      PARSE_ERROR,
      null,
    ],
    ['an empty batch', '[]', INVALID_REQUEST, null],
  ])('%s', async (_, line, code, id) => {
    const client = await connect();
    expect(await client.ask(line)).toEqual(failure(code, id));
  });

  test('an invalid batch that is not empty', async () => {
    const client = await connect();
    expect(await client.ask('[1]')).toEqual([failure(INVALID_REQUEST, null)]);
  });

  test('an invalid batch', async () => {
    const client = await connect();
    const invalid = failure(INVALID_REQUEST, null);
    expect(await client.ask('[1,2,3]')).toEqual([invalid, invalid, invalid]);
  });

  test('a batch of everything', async () => {
    const client = await connect();
    const answers = await client.ask([
      { jsonrpc: '2.0', method: 'sum', params: [1, 2, 4], id: '1' },
      { jsonrpc: '2.0', method: 'notify_hello', params: [7] },
      { jsonrpc: '2.0', method: 'subtract', params: [42, 23], id: '2' },
      { foo: 'boo' },
      { jsonrpc: '2.0', method: 'foo.get', params: { name: 'myself' }, id: '5' },
      { jsonrpc: '2.0', method: 'get_data', id: '9' },
    ]);
    expect(answers).toHaveLength(5);
    expect(answers).toEqual(
      expect.arrayContaining([
        { jsonrpc: '2.0', result: 7, id: '1' },
        { jsonrpc: '2.0', result: 19, id: '2' },
        failure(INVALID_REQUEST, null),
        failure(METHOD_NOT_FOUND, '5'),
        { jsonrpc: '2.0', result: ['hello', 5], id: '9' },
      ]),
    );
  });

  test('a batch of notifications is not answered', async () => {
    const client = await connect();
    client.send(
      '[{"jsonrpc": "2.0", "method": "notify_sum", "params": [1,2,4]},{"jsonrpc": "2.0", "method": "notify_hello", "params": [7]}]\n',
    );
    expect(await client.call('get_data')).toMatchObject({ id: 1 });
  });
});

describe('what the specification says besides', () => {
  test('a batch of one is answered by a batch of one', async () => {
    const client = await connect();
    expect(await client.ask([{ jsonrpc: '2.0', method: 'get_data', id: 1 }])).toEqual([
      { jsonrpc: '2.0', result: ['hello', 5], id: 1 },
    ]);
  });

  test.each([0, -1, 1.5, 2 ** 53 - 1, '', '\u{1f30d}', '9007199254740993', null])(
    'the id %j comes back as it was',
    async (id) => {
      const client = await connect();
      expect(await client.call('get_data', {}, id)).toMatchObject({ id, result: ['hello', 5] });
    },
  );

  test.each(['9007199254740993', '1e400', 'true', '[1]', '{"a":1}'])(
    'the id %s is refused, because no answer could name it',
    async (id) => {
      const client = await connect();
      const answer = await client.ask(`{"jsonrpc":"2.0","method":"get_data","id":${id}}`);
      expect(answer).toEqual(failure(INVALID_REQUEST, null));
    },
  );

  test.each([
    ['no version', { method: 'get_data', id: 1 }],
    ['another version', { jsonrpc: '1.0', method: 'get_data', id: 1 }],
    ['a version that is a number', { jsonrpc: 2, method: 'get_data', id: 1 }],
    ['no method', { jsonrpc: '2.0', id: 1 }],
    ['parameters that are text', { jsonrpc: '2.0', method: 'get_data', params: 'x', id: 1 }],
    ['a result', { jsonrpc: '2.0', method: 'get_data', id: 1, result: 1 }],
    ['an error', { jsonrpc: '2.0', method: 'get_data', id: 1, error: null }],
  ])('a request with %s is invalid', async (_, request) => {
    const client = await connect();
    expect(await client.ask(request)).toEqual(failure(INVALID_REQUEST, 1));
  });

  test.each(['null', '1', '"text"', 'true'])('%s is not a request', async (line) => {
    const client = await connect();
    expect(await client.ask(line)).toEqual(failure(INVALID_REQUEST, null));
  });

  test.each([
    ['an empty line', ''],
    ['bytes that are not UTF-8', Buffer.from([0x22, 0xff, 0x22])],
  ])('%s is a parse error', async (_, bytes) => {
    const client = await connect();
    client.send(Buffer.concat([Buffer.from(bytes), Buffer.from('\n')]));
    expect(await client.answer()).toEqual(failure(PARSE_ERROR, null));
  });
});
