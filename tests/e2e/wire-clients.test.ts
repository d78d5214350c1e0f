import { spawnSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from 'vitest';
import { type DaemonBackend, startDaemon } from '../support/start/backends.js';

// Programs in other languages, each as a user of that language writes it, with its own sockets and its own JSON. They do
// the same and print the same.

const CLIENTS = fileURLToPath(new URL('../support/wire/clients', import.meta.url));
const SECRETS = 600;

let daemon: DaemonBackend;
let socket: string;

beforeAll(async () => {
  daemon = await startDaemon();
  socket = daemon.daemon.socket;
  const keys = Array.from({ length: SECRETS }, (_, index) => `many/${'k'.repeat(60)}${index}`);
  await Promise.all(keys.map((key) => daemon.api.setSecret({ key, value: 'a value' })));
  return () => daemon.stop();
});

const isThere = (program: string) => spawnSync(program, ['--help']).error === undefined;

/** What a program prints, once it has ended well. */
async function printed(command: readonly string[], input = '', env: NodeJS.ProcessEnv = {}): Promise<string> {
  const { code, stdout, stderr } = await daemon.sandbox.spawn(command, { input, env }).exited;
  expect({ command, code, stderr }).toEqual({ command, code: 0, stderr: '' });
  return stdout;
}

describe.each([
  { name: 'Python, asyncio', program: 'python3', args: ['asyncio_client.py'] },
  { name: 'Python, a connection for each message', program: 'python3', args: ['socket_client.py'] },
  { name: 'Go', program: 'go', args: ['run', 'client.go'] },
  { name: 'Ruby', program: 'ruby', args: ['client.rb'] },
  { name: 'Perl', program: 'perl', args: ['client.pl'] },
  { name: 'PHP', program: 'php', args: ['client.php'] },
  { name: 'Node without the client library', program: process.execPath, args: ['client.mjs'] },
])('a client in $name', ({ program, args }) => {
  test.skipIf(!isThere(program))(
    'calls by name and by position, leaves out, sends batches, reads errors, walks pages, keeps a long secret',
    async () => {
      const name = (args.at(-1) ?? '').replace('.', '-');
      const file = path.join(CLIENTS, args.at(-1) ?? '');
      const output = await printed([program, ...args.slice(0, -1), file, socket, name], '', goSettings());
      expect(output.trimEnd().split('\n')).toEqual([
        'secret vault',
        `account ${name}`,
        'vault unlocked',
        `batch key of ${name} whole`,
        'error not_found with a hint',
        `listed ${SECRETS} by pages`,
      ]);
    },
    120_000,
  );
});

describe.each([
  { name: 'nc -U -N', program: 'nc', args: () => ['-U', '-N', socket] },
  { name: 'socat', program: 'socat', args: () => ['-t', '30', '-', `UNIX-CONNECT:${socket}`] },
])('$name in a pipe', ({ program, args }) => {
  const request = '{"jsonrpc":"2.0","id":7,"method":"get_secret","params":["pipe/key"]}';

  test.skipIf(!isThere(program)).each([
    ['one request', `${request}\n`, 1],
    ['one request without a newline', request, 1],
    ['two requests, the last without a newline', `${request}\n${request}`, 2],
    ['one request with the line end of Windows', `${request}\r\n`, 1],
  ])('sends %s, prints what is answered, and ends', async (_, input, count) => {
    await daemon.api.setSecret({ key: 'pipe/key', value: 'grün ✓' });
    const output = await printed([program, ...args()], input);
    const answers = output.trimEnd().split('\n');
    expect(answers).toHaveLength(count);
    for (const answer of answers) {
      expect(JSON.parse(answer)).toMatchObject({ id: 7, result: { value: 'grün ✓' } });
    }
  });
});

describe('a program that speaks something else is told so, ends, and nothing is done', () => {
  const forged = `${JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'set_secret', params: ['forged', 'x'] })}\n`;
  const isForged = async () => (await daemon.api.listSecrets({ prefix: 'forged' })).secrets.length > 0;

  test.skipIf(!isThere('curl')).each([
    ['GET', []],
    ['POST', ['--data-binary', forged]],
    ['PUT', ['-T', '-']],
    ['POST in chunks', ['--data-binary', forged, '-H', 'Transfer-Encoding: chunked']],
    ['HTTP/1.0', ['--http1.0', '--data-binary', forged]],
    ['HTTP/2', ['--http2-prior-knowledge', '--data-binary', forged]],
  ])('curl, %s', async (name, options) => {
    const command = ['curl', '-s', '-o', '-', '-w', '%{http_code}', '--unix-socket', socket, ...options];
    const { code, stdout } = await daemon.sandbox.spawn([...command, 'http://localhost/'], { input: forged })
      .exited;
    if (name === 'HTTP/2') expect(code).toBeGreaterThan(0);
    else expect(stdout).toMatch(/JSON-RPC.*400$/s);
    expect(await isForged()).toBe(false);
  });

  test('headers with a length, as language servers send them', async () => {
    const folder = path.join(daemon.sandbox.home, 'framed');
    await mkdir(folder);
    await writeFile(path.join(folder, 'framed.cjs'), FRAMED);
    const output = await printed([process.execPath, path.join(folder, 'framed.cjs'), socket, forged]);
    expect(JSON.parse(output)).toMatchObject({ id: null, error: { data: { kind: 'parse_error' } } });
    expect(await isForged()).toBe(false);
  });

  test.skipIf(!isThere('go'))(
    'JSON-RPC 1.0 of the library of Go',
    async () => {
      const file = path.join(CLIENTS, 'one_point_oh.go');
      expect(await printed(['go', 'run', file, socket], '', goSettings())).toMatch(/jsonrpc/);
    },
    120_000,
  );

  test.skipIf(!isThere('openssl'))('TLS', async () => {
    const command = ['openssl', 's_client', '-unix', socket];
    const { code, stderr } = await daemon.sandbox.spawn(command, { input: forged }).exited;
    expect(code).toBe(1);
    expect(stderr).toContain('wrong version number');
    expect(await isForged()).toBe(false);
  });
});

/** Prints all that comes until the peer ends the connection. */
const FRAMED = `
const [, , path, body] = process.argv;
const socket = require('node:net').connect(path);
socket.write('Content-Length: ' + Buffer.byteLength(body) + '\\r\\n\\r\\n' + body);
socket.on('data', (chunk) => process.stdout.write(chunk));
`;

/** Go compiles into the sandbox, and once for both of its programs. */
function goSettings(): NodeJS.ProcessEnv {
  return { GOCACHE: path.join(daemon.sandbox.home, 'go'), GOFLAGS: '' };
}
