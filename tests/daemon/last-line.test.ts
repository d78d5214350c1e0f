import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import type { Peer } from '../../daemon/handlers/handlers.js';
import { SigilforgeError } from '../../shared/errors.js';
import { MAX_CLIENT_LINE } from '../../shared/framing.js';
import { startDaemon } from '../support/start/backends.js';
import { type ServeOptions, serveStub } from '../support/start/served.js';
import { stopAfter } from '../support/start/stop-after.js';
import { STUB_ID } from '../support/start/stub-handlers.js';
import { hasPython } from '../support/start/terminal.js';
import { WireClient } from '../support/wire/wire-client.js';

const run = promisify(execFile);
const ACCOUNT = { service: 'example', account: 'work' };
const request = (id: unknown, method = 'get_token', params: object = ACCOUNT) =>
  JSON.stringify({ jsonrpc: '2.0', id, method, params });

async function connect(options: ServeOptions = {}): Promise<WireClient> {
  const { socket } = await stopAfter(serveStub(options));
  return stopAfter(WireClient.connect(socket));
}

/** Sends these bytes and the end of the stream, and reads on to the end of the answers. */
async function answersTo(bytes: string | Uint8Array, options?: ServeOptions) {
  const client = await connect(options);
  client.socket.end(bytes);
  const lines: string[] = [];
  for (let line = await client.line(); line !== undefined; line = await client.line()) lines.push(line);
  await client.ended;
  return lines.map((line) => JSON.parse(line));
}

const PARSE_ERROR = { id: null, error: { code: -32700, data: { kind: 'parse_error' } } };

describe('what stands before the end of the stream without a newline', () => {
  test('is the last line', async () => {
    expect(await answersTo(request(1))).toMatchObject([{ id: 1, result: { access_token: 'stub' } }]);
    const lines = await answersTo(`${request(1)}\n${request(2, 'set_log_level', { level: 'info' })}`);
    expect(lines.map(({ id }) => id)).toEqual([1, 2]);
  });

  test.each(['subscribe', 'wait_flow'])('is answered if it waits for something: %s', async (method) => {
    const params = method === 'subscribe' ? { topics: ['accounts'] } : { flow_id: STUB_ID };
    expect(await answersTo(request(1, method, params))).toMatchObject([{ id: 1, result: {} }]);
  });

  test('is answered if it takes long', async () => {
    const heavy = request(1, 'list_secrets', {});
    expect(await answersTo(`${request(0, 'list_accounts', {})}\n${heavy}`)).toMatchObject([
      { id: 0 },
      { id: 1 },
    ]);
  });

  test('is a batch like any other', async () => {
    const [answers] = await answersTo(`[${request(1)},${request(2)}]`);
    expect(answers).toMatchObject([{ id: 1 }, { id: 2 }]);
  });

  test('is done and not answered if it is a notification', async () => {
    let done = 0;
    const token = { access_token: 'stub', token_type: 'Bearer', expires_at: null, scopes: [] };
    const counted = () => {
      done += 1;
      return token;
    };
    const notification = JSON.stringify({ jsonrpc: '2.0', method: 'get_token', params: ACCOUNT });
    expect(await answersTo(notification, { handlers: { get_token: counted } })).toEqual([]);
    expect(done).toBe(1);
  });

  test.each([
    ['half of the JSON', '{"jsonrpc":"2.0","id":1,"me'],
    ['half a character', Buffer.from([0x22, 0xe2, 0x82])],
    ['spaces', '  '],
  ])('is one parse error if it is %s', async (_, rest) => {
    const first = Buffer.from(`${request(1)}\n`);
    const answers = await answersTo(Buffer.concat([first, Buffer.from(rest)]));
    expect(answers).toMatchObject([{ id: 1 }, PARSE_ERROR]);
    expect(await answersTo(rest)).toMatchObject([PARSE_ERROR]);
  });

  test('is nothing if it is empty', async () => {
    expect(await answersTo('')).toEqual([]);
    expect(await answersTo(`${request(1)}\n`)).toMatchObject([{ id: 1 }]);
    expect(await answersTo(`${request(1)}\r\n`)).toMatchObject([{ id: 1 }]);
  });

  test('is as long as a line may be, and no longer', async () => {
    expect(await answersTo(request(1).padEnd(MAX_CLIENT_LINE))).toMatchObject([{ id: 1, result: {} }]);
    expect(await answersTo(request(1).padEnd(MAX_CLIENT_LINE + 1))).toMatchObject([
      { id: null, error: { data: { kind: 'limit_exceeded' } } },
    ]);
  });

  test('finds its client still there, if it takes a turn of its own', async () => {
    const unlock = (_: unknown, { gone }: Peer) => {
      if (gone.aborted) throw new SigilforgeError('cancelled', 'The caller is gone.');
      return { state: 'unlocked' as const };
    };
    const answers = await answersTo(`${request(1, 'list_secrets', {})}\n${request(2, 'unlock', {})}`, {
      handlers: { unlock },
    });
    expect(answers).toMatchObject([{ id: 1 }, { id: 2, result: { state: 'unlocked' } }]);
  });

  test('begins no wait that its client can no longer end', async () => {
    const answers = await answersTo(request(1, 'wait_flow', { flow_id: STUB_ID }), {
      handlers: {
        wait_flow: async (_, { gone }) => {
          await once(gone, 'abort');
          return { state: 'pending', account: null, notices: [] };
        },
      },
    });
    expect(answers).toMatchObject([{ id: 1, result: { state: 'pending' } }]);
  });

  test('waits behind the lines before it', async () => {
    const lines = Array.from({ length: 300 }, (_, id) => request(id, 'refresh_token'));
    const answers = await answersTo(lines.join('\n'));
    expect(answers.map(({ id }) => id)).toEqual(lines.map((_, id) => id));
  });

  test('is not taken if the client breaks off', async () => {
    let done = 0;
    const client = await connect({
      handlers: {
        get_token: () => {
          done += 1;
          return { access_token: 'stub', token_type: 'Bearer', expires_at: null, scopes: [] };
        },
        get_account: () => {
          throw new Error('not asked');
        },
      },
    });
    await client.call('get_token', ACCOUNT);
    client.send(request(2).slice(0, -1));
    client.socket.destroy();
    await client.ended;
    expect(done).toBe(1);
  });
});

describe.skipIf(!hasPython)('Python', () => {
  test.each([
    ['ends its side and reads', 'shutdown'],
    ['reads with a file that it has written', 'file'],
  ])('%s', async (_, way) => {
    const { daemon, api } = await stopAfter(startDaemon());
    await api.setSecret({ key: 'k', value: 'stored' });
    const program = `
import socket, sys
peer = socket.socket(socket.AF_UNIX)
peer.connect(sys.argv[1])
if sys.argv[3] == 'shutdown':
    peer.sendall(sys.argv[2].encode())
else:
    with peer.makefile('w') as out: out.write(sys.argv[2])
peer.shutdown(socket.SHUT_WR)
print(b''.join(iter(lambda: peer.recv(4096), b'')).decode(), end='')
`;
    const asked = request(1, 'get_secret', { key: 'k' });
    const { stdout } = await run('python3', ['-c', program, daemon.socket, asked, way]);
    expect(JSON.parse(stdout)).toMatchObject({ id: 1, result: { value: 'stored' } });
  });
});
