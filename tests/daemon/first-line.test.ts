import { execFile, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import net from 'node:net';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import type { Handlers } from '../../daemon/handlers/handlers.js';
import { methodNames } from '../../shared/contract/index.js';
import { startDaemon } from '../support/start/backends.js';
import { serveStub } from '../support/start/served.js';
import { stopAfter } from '../support/start/stop-after.js';
import { stubHandlers } from '../support/start/stub-handlers.js';
import { hasPython } from '../support/start/terminal.js';
import { WireClient } from '../support/wire/wire-client.js';

const run = promisify(execFile);
const hasCurl = spawnSync('curl', ['--version']).status === 0;
const REQUEST = '{"jsonrpc":"2.0","id":1,"method":"get_secret","params":{"key":"k"}}';
const HALF_LINE_LIMIT = 600_000;

/** A server that keeps what it was asked to do. Nobody lives to see a line that is not finished given up. */
async function recording() {
  const done: string[] = [];
  const stubs = stubHandlers();
  const handlers = methodNames.map((name) => {
    const answer = stubs[name] as (...args: unknown[]) => unknown;
    return [
      name,
      (...args: unknown[]) => {
        done.push(name);
        return answer(...args);
      },
    ];
  });
  const { socket } = await stopAfter(
    serveStub({
      handlers: Object.fromEntries(handlers) as Partial<Handlers>,
      limits: { halfLineMs: HALF_LINE_LIMIT },
    }),
  );
  return { done, socket };
}

/** Everything that the server sends until it ends the connection, which the client leaves open. */
async function exchange(socket: string, chunks: readonly (string | Uint8Array)[]): Promise<string> {
  const peer = net.connect({ path: socket, allowHalfOpen: true });
  const answer: Buffer[] = [];
  peer.on('data', (chunk: Buffer) => answer.push(chunk)).on('error', () => undefined);
  const ended = once(peer, 'end');
  await once(peer, 'connect');
  for (const chunk of chunks) if (peer.writable) peer.write(chunk);
  await ended;
  const closed = once(peer, 'close');
  peer.destroy();
  await closed;
  return Buffer.concat(answer).toString();
}

const byteByByte = (text: string | Uint8Array) => [...Buffer.from(text)].map((byte) => Uint8Array.of(byte));

function expectParseError(answer: string): void {
  expect(answer.split('\n')).toHaveLength(2);
  expect(JSON.parse(answer)).toMatchObject({
    jsonrpc: '2.0',
    id: null,
    error: { code: -32700, data: { kind: 'parse_error', hint: expect.any(String) } },
  });
}

function expectBadRequest(answer: string): void {
  const [head = '', body = ''] = answer.split('\r\n\r\n');
  expect(head.split('\r\n')).toEqual([
    'HTTP/1.1 400 Bad Request',
    'Content-Type: text/plain; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
  ]);
  expect(body).toMatch(/^[A-Z].*JSON-RPC.*\.\n$/);
}

describe('a request of HTTP', () => {
  const requests: readonly string[] = [
    ...['GET / HTTP/1.1', 'POST / HTTP/1.1', 'PUT /x?y=z HTTP/1.0', 'OPTIONS * HTTP/1.1', 'HEAD / HTTP/1.1'],
    ...['CONNECT host:443 HTTP/1.1', 'PATCH http://host/path HTTP/1.1', 'M-SEARCH * HTTP/1.1'],
    ...['PRI * HTTP/2.0', 'get / HTTP/1.1', 'null / HTTP/1.1', '1 / HTTP/3'],
  ].map((line) => `${line}\r\nHost: localhost\r\nContent-Type: text/plain\r\n\r\n`);

  test.each(requests)('%j gets a 400, and nothing behind it is done', async (head) => {
    const { done, socket } = await recording();
    const whole = `${head}${REQUEST}\n${REQUEST}\n`;
    expectBadRequest(await exchange(socket, [whole]));
    expectBadRequest(await exchange(socket, byteByByte(whole)));
    expectBadRequest(await exchange(socket, [head, `${REQUEST}\n`]));
    expectBadRequest(await exchange(socket, [whole.replaceAll('\r', '')]));
    expect(done).toEqual([]);
  });

  test('has no need of headers or of an end: one line, or a body of a megabyte', async () => {
    const { done, socket } = await recording();
    expectBadRequest(await exchange(socket, ['GET / HTTP/1.1\r\n']));
    const long = `POST / HTTP/1.1\r\n\r\n${`${REQUEST}\n`.repeat(16_000)}`;
    expectBadRequest(await exchange(socket, [long]));
    expect(done).toEqual([]);
  });

  test('is a line like any other once JSON was spoken: a parse error, and the connection goes on', async () => {
    const { done, socket } = await recording();
    const client = await stopAfter(WireClient.connect(socket));
    expect(await client.call('status')).toHaveProperty('result');
    expect(await client.ask('GET / HTTP/1.1')).toMatchObject({ id: null, error: { code: -32700 } });
    expect(await client.call('status')).toHaveProperty('result');
    expect(done).toEqual(['status', 'status']);
  });
});

describe('any other first line that is not JSON', () => {
  const tlsHello = Buffer.from('16030100f8010000f40303', 'hex');
  const littleEndian = Buffer.from([0x7b, 0, 0, 0]);

  test.each<[string, string | Uint8Array]>([
    ['headers with the length of the content', `Content-Length: ${REQUEST.length}\r\n\r\n${REQUEST}`],
    [
      'a type of content before it',
      `Content-Type: application/json\r\nContent-Length: 42\r\n\r\n${REQUEST}\n`,
    ],
    ['a hello of TLS', Buffer.concat([tlsHello, Buffer.alloc(240, 0xc0)])],
    ['a banner of SSH', `SSH-2.0-OpenSSH_10.0\r\n${REQUEST}\n`],
    ['an empty line', `\n${REQUEST}\n`],
    ['empty lines and a request of HTTP', `\r\n\r\nPOST / HTTP/1.1\r\n\r\n${REQUEST}\n`],
    ['spaces', `   \n${REQUEST}\n`],
    ['a byte-order mark', `\ufeff${REQUEST}\n${REQUEST}\n`],
    ['UTF-16', Buffer.from(`\ufeff${REQUEST}\n`, 'utf16le')],
    ['UTF-16 without a mark', Buffer.from(`${REQUEST}\n`, 'utf16le')],
    ['a length in four bytes', Buffer.concat([Buffer.from([0, 0, 0, REQUEST.length]), Buffer.from(REQUEST)])],
    ['a length that looks like a brace', Buffer.concat([littleEndian, Buffer.from(`${REQUEST}\n`)])],
    ['a frame of gRPC', Buffer.concat([Buffer.from([0, 0, 0, 0, 9]), Buffer.from(`\n\x07${REQUEST}\n`)])],
    ['a netstring', `${REQUEST.length}:${REQUEST},`],
    ['a record separator', `\x1e${REQUEST}\n`],
    ['MessagePack', Buffer.from('82a76a736f6e727063a3322e30', 'hex')],
    ['a greeting of D-Bus', '\0AUTH EXTERNAL 31303030\r\n'],
    ['a line of a log', `[INFO] started\n${REQUEST}\n`],
    ['JavaScript', `{method: "status"}\n${REQUEST}\n`],
    ['a word', `hello\n${REQUEST}\n`],
    ['HTTP of the first kind', `GET /\r\n${REQUEST}\n`],
    ['a request by RTSP', `OPTIONS rtsp://host/x RTSP/1.0\r\nCSeq: 1\r\n\r\n${REQUEST}\n`],
    ['a request with something behind it', `${REQUEST};\n${REQUEST}\n`],
    ['half a character', Buffer.concat([Buffer.from([0x22, 0xc3, 0x22, 0x0a]), Buffer.from(`${REQUEST}\n`)])],
  ])('%s ends the connection with one error, and nothing behind it is done', async (_, bytes) => {
    const { done, socket } = await recording();
    expectParseError(await exchange(socket, [bytes]));
    expectParseError(await exchange(socket, byteByByte(bytes)));
    expect(done).toEqual([]);
  });

  test('is told apart from a byte-order mark', async () => {
    const { socket } = await recording();
    expect(await exchange(socket, [`\ufeff${REQUEST}\n`])).toContain('byte-order mark');
    expect(await exchange(socket, ['hello\n'])).toContain('not JSON');
  });

  test('may come at once with what the client sends before it has read the refusal', async () => {
    const { done, socket } = await recording();
    expectParseError(await exchange(socket, Array(200).fill(`nothing\n${REQUEST}\n`)));
    expect(done).toEqual([]);
  });
});

describe('a first line that is JSON', () => {
  test.each([
    ['spaces before it', `  \t ${REQUEST}\n`],
    ['an object with spaces in it', `{ "jsonrpc" : "2.0", "id":1, "method":"status" }\r\n`],
    ['a batch', `[ ${REQUEST}]\n`],
    ['an array of nothing', '[]\n'],
    ['null', 'null\n'],
    ['a number', ' -1.5e+3 \n'],
    ['a word of JSON', 'true\n'],
    ['text', '"text"\n'],
  ])('keeps the connection: %s', async (_, text) => {
    const { socket } = await recording();
    for (const chunks of [[text], byteByByte(text)]) {
      const client = await stopAfter(WireClient.connect(socket));
      for (const chunk of chunks) client.send(chunk);
      await client.answer();
      expect(await client.ask('not JSON')).toMatchObject({ error: { code: -32700 } });
      expect(await client.call('status')).toHaveProperty('result');
    }
  });
});

describe('real programs', () => {
  async function daemonWithSecret() {
    const backend = await stopAfter(startDaemon());
    await backend.api.setSecret({ key: 'k', value: 'canary' });
    return backend.daemon.socket;
  }

  test.skipIf(!hasCurl)('curl gets the 400, whatever it sends', async () => {
    const socket = await daemonWithSecret();
    const body = `${REQUEST}\n`;
    for (const args of [
      ['--data-binary', body],
      ['--data-binary', body, '-H', 'Origin: https://evil.example', '-H', 'Content-Type: text/plain'],
      ['--data-binary', body, '-H', 'Transfer-Encoding: chunked'],
      ['-X', 'PUT', '--data-binary', body, '-H', 'Expect: 100-continue'],
      ['--http2-prior-knowledge', '--data-binary', body],
      [],
    ]) {
      const asked = run('curl', [
        '-sS',
        '-i',
        '--max-time',
        '20',
        '--unix-socket',
        socket,
        ...args,
        'http://localhost/',
      ]);
      const { stdout } = await asked.catch((failed: { stdout: string; stderr: string }) => failed);
      const isHttp2 = args.includes('--http2-prior-knowledge');
      if (!isHttp2) expect(stdout).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n[\s\S]*JSON-RPC/);
      expect(stdout).not.toContain('canary');
    }
  });

  test.skipIf(!hasPython)("Python's http.client reads the 400 and its sentence", async () => {
    const socket = await daemonWithSecret();
    const program = `
import http.client, socket, sys
class Local(http.client.HTTPConnection):
    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(sys.argv[1])
for method in ('GET', 'POST', 'OPTIONS'):
    connection = Local('localhost')
    connection.request(method, '/', body=sys.argv[2] + '\\n')
    answer = connection.getresponse()
    print(answer.status, answer.reason, answer.read().decode().strip(), answer.isclosed())
`;
    const { stdout } = await run('python3', ['-c', program, socket, REQUEST]);
    const lines = stdout.trimEnd().split('\n');
    expect(lines).toHaveLength(3);
    for (const line of lines) expect(line).toMatch(/^400 Bad Request This socket speaks JSON-RPC .* True$/);
  });
});
