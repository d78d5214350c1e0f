import { chmodSync, mkdirSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import { stopAfter } from '../support/start/stop-after.js';
import { expectAlike } from './alike.js';
import { commandLines } from './generated.js';
import {
  answering,
  NATIVE,
  type NativeScene,
  type Reply,
  type RunOptions,
  SECRET,
  startNativeScene,
  TOKEN,
  usual,
} from './scene.js';

const SEED = 14;
const LINES = 40;
const GET_TOKEN = ['get-token', 'github', 'work'];

describe.skipIf(NATIVE === undefined)('the native client and Node', () => {
  let scene: NativeScene;

  beforeEach(async () => {
    scene = await stopAfter(startNativeScene());
    scene.reply = usual;
  });

  const answeredBy = (args: readonly string[], options?: RunOptions) => expectAlike(scene, args, options);

  test.each([
    [['get-token', 'github', 'work']],
    [['get-token', 'GitHub', 'me+you@example.org', '--quiet']],
    [['--quiet', 'get-token', '--format', 'header', 'github', 'work']],
    [['get-token', 'github', 'work', '--format', 'json']],
    [['resolve', 'auth://github/work/token']],
    [['resolve', 'auth://salesforce/me/instance_url']],
    [['resolve', 'auth://slack/me/team.id']],
    [['resolve', 'auth://slack/me/a.b.c.d']],
    [['resolve', `auth://slack/me/${'x'.repeat(64)}`]],
    [['resolve', 'secret://a/b']],
    [['secret', 'get', 'a/b']],
    [['get-token', 'github', 'work', '--format', 'headers-json']],
    [['get-token', 'github', 'work', '--format', 'netrc', '--host', 'example.org', '--user', 'ann']],
    [['get-token', 'github', 'work', '--user', 'ann@example.org', '--format', 'xoauth2']],
    [
      [
        'get-token',
        'github',
        'work',
        '--user',
        'ann',
        '--format',
        'oauthbearer',
        '--port',
        '993',
        '--host',
        'h',
      ],
    ],
    [['aws-credentials', 'work']],
    [['kube-credential', 'github', 'work']],
    [['kube-credential', 'github', 'work', '--id-token']],
  ])('say and ask the same for %j, without Node', async (args) => {
    expect(await answeredBy(args)).toBe('C');
  });

  test.each(['a.b.c.d.e', 'a..b', 'a.', '1st', 'x'.repeat(65)])(
    'leave to Node what cannot be the name of a field: %s',
    async (field) => {
      expect(await answeredBy(['resolve', `auth://slack/me/${field}`])).toBe('Node');
    },
  );

  test('say and ask the same for command lines that are nearly those', { timeout: 300_000 }, async () => {
    for (const args of fc.sample(commandLines, { seed: SEED, numRuns: LINES })) await answeredBy(args);
  });

  test.each([
    ['{"apiVersion":"client.authentication.k8s.io/v1beta1","kind":"ExecCredential","spec":{}}', 'C'],
    ['{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1"}', 'C'],
    ['{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v2"}', 'Node'],
    ['{', 'Node'],
    ['', 'C'],
  ])('say the same for KUBERNETES_EXEC_INFO=%s', async (KUBERNETES_EXEC_INFO, by) => {
    const env = { KUBERNETES_EXEC_INFO };
    expect(await answeredBy(['kube-credential', 'github', 'work'], { env })).toBe(by);
  });

  /** Tokens that not every format can hold. */
  test.each([
    ['a"b\\c', 'headers-json', 'C'],
    ['a\u0085b', 'headers-json', 'Node'],
    ['größe 😀', 'xoauth2', 'C'],
    ['a b', 'netrc', 'Node'],
    ['#a', 'netrc', 'Node'],
    ['a', 'oauthbearer', 'C'],
  ])('write the token %j as %s alike', async (access_token, format, by) => {
    scene.reply = answering({ ...TOKEN, access_token });
    const needs: Record<string, string[]> = { 'headers-json': [], netrc: ['--host', 'h'] };
    const user = format === 'headers-json' ? [] : ['--user', 'ann'];
    const args = [...GET_TOKEN, '--format', format, ...user, ...(needs[format] ?? [])];
    expect(await answeredBy(args)).toBe(by);
  });

  test('write all of a token that is too long for the room of C in base64', async () => {
    scene.reply = answering({ ...TOKEN, access_token: 'x'.repeat(3_300_000) });
    expect(await answeredBy([...GET_TOKEN, '--format', 'xoauth2', '--user', 'ann'])).toBe('Node');
    expect(await answeredBy(GET_TOKEN)).toBe('C');
  });

  test('write an API key as Node does, which mail servers do not take', async () => {
    scene.reply = answering({ ...TOKEN, token_type: 'api_key' });
    expect(await answeredBy([...GET_TOKEN, '--format', 'xoauth2', '--user', 'ann'])).toBe('Node');
    expect(await answeredBy([...GET_TOKEN, '--format', 'headers-json'])).toBe('C');
  });

  const replies: [string, (id: number | string) => Reply, 'C' | 'Node'][] = [
    ['closes at once', () => ({ bytes: '', closes: true }), 'Node'],
    ['sends half an answer', () => ({ bytes: '{"jsonrpc":"2.0","id":1,"resu', closes: true }), 'Node'],
    ['sends no JSON', () => ({ bytes: 'hello\n', closes: true }), 'Node'],
    [
      'sends an answer to something else',
      () => ({ bytes: '{"jsonrpc":"2.0","id":7,"result":{}}\n', closes: true }),
      'Node',
    ],
    [
      'sends an empty result',
      (id) => ({ bytes: `${JSON.stringify({ jsonrpc: '2.0', id, result: {} })}\n` }),
      'Node',
    ],
    [
      'sends an error',
      (id) => ({
        bytes: `${JSON.stringify({ jsonrpc: '2.0', id, error: { code: -32002, message: 'Sign in again.', data: { kind: 'auth_required', hint: 'Do.' } } })}\n`,
      }),
      'Node',
    ],
    [
      'sends a NUL in a token',
      (id) => answering({ ...TOKEN, access_token: 'a\u0000b' })({ id, method: '', params: {} }),
      'C',
    ],
    [
      'sends bytes',
      (id) => answering({ ...SECRET, encoding: 'base64' })({ id, method: '', params: {} }),
      'Node',
    ],
  ];

  test.each(replies)('do the same if the daemon %s', async (_name, reply, by) => {
    scene.reply = ({ id }) => reply(id);
    const args = _name === 'sends bytes' ? ['secret', 'get', 'a/b'] : GET_TOKEN;
    expect(await answeredBy(args)).toBe(by);
  });

  const listen = async (socket: string): Promise<void> => {
    mkdirSync(path.dirname(socket), { recursive: true, mode: 0o700 });
    const server = net.createServer((peer) => {
      peer
        .on('error', () => undefined)
        .on('data', (bytes) => {
          const [first = ''] = String(bytes).split('\n');
          const request = JSON.parse(first);
          peer.write(usual(request).bytes);
        });
    });
    await new Promise<void>((resolve) => server.listen(socket, resolve));
    chmodSync(socket, 0o600);
    await stopAfter(
      Promise.resolve({
        stop: () =>
          new Promise<void>((resolve) => {
            server.close(() => resolve());
          }),
      }),
    );
  };

  /** Where the socket is, from the home on, and by which variables it is found there. */
  const places: [string, string, (home: string) => Record<string, string>, 'C' | 'Node'][] = [
    ['SIGILFORGE_HOME', 'run/sigilforge.sock', (home) => ({ SIGILFORGE_HOME: home }), 'C'],
    ['SIGILFORGE_HOME with a slash', 'run/sigilforge.sock', (home) => ({ SIGILFORGE_HOME: `${home}/` }), 'C'],
    ['SIGILFORGE_HOME that is relative', 'run/sigilforge.sock', () => ({ SIGILFORGE_HOME: '.' }), 'Node'],
    ['SIGILFORGE_HOME with ~', 'run/sigilforge.sock', () => ({ SIGILFORGE_HOME: '~/x' }), 'Node'],
    [
      'SIGILFORGE_HOME with ..',
      'run/sigilforge.sock',
      (home) => ({ SIGILFORGE_HOME: `${home}/x/..` }),
      'Node',
    ],
    ['HOME', '.local/state/sigilforge/run/sigilforge.sock', () => ({}), 'C'],
    ['HOME that is relative', 'run/sigilforge.sock', () => ({ HOME: 'x' }), 'Node'],
    ['XDG_STATE_HOME', 't/sigilforge/run/sigilforge.sock', (home) => ({ XDG_STATE_HOME: `${home}/t` }), 'C'],
    ['XDG_RUNTIME_DIR', 'r/sigilforge.sock', (home) => ({ XDG_RUNTIME_DIR: `${home}/r` }), 'C'],
    [
      'XDG_RUNTIME_DIR beside one that is relative',
      'r/sigilforge.sock',
      (home) => ({ XDG_RUNTIME_DIR: `${home}/r`, XDG_DATA_HOME: 'x' }),
      'C',
    ],
    [
      'XDG_RUNTIME_DIR that is relative',
      '.local/state/sigilforge/run/sigilforge.sock',
      () => ({ XDG_RUNTIME_DIR: 'r' }),
      'C',
    ],
    [
      'a home with other letters',
      'größe/run/sigilforge.sock',
      (home) => ({ SIGILFORGE_HOME: `${home}/größe` }),
      'C',
    ],
    ['SIGILFORGE_SOCKET that is relative', 'x.sock', () => ({ SIGILFORGE_SOCKET: 'x.sock' }), 'Node'],
    [
      'SIGILFORGE_SOCKET that is too long',
      'x.sock',
      (home) => ({ SIGILFORGE_SOCKET: `${home}/${'x'.repeat(100)}` }),
      'Node',
    ],
    [
      'SIGILFORGE_SOCKET where nothing is',
      'x.sock',
      (home) => ({ SIGILFORGE_SOCKET: `${home}/y.sock` }),
      'Node',
    ],
    [
      'debugging',
      'run/sigilforge.sock',
      (home) => ({ SIGILFORGE_HOME: home, SIGILFORGE_DEBUG: '1' }),
      'Node',
    ],
  ];

  test.skipIf(process.platform !== 'linux').each(places)(
    'find the daemon by %s alike',
    async (_name, socket, env, by) => {
      await listen(path.join(scene.home, socket));
      expect(
        await answeredBy([...GET_TOKEN, '--quiet'], { env: { SIGILFORGE_SOCKET: '', ...env(scene.home) } }),
      ).toBe(by);
    },
  );

  test('say the same of a variable that is not UTF-8', async () => {
    const by = ['/bin/sh', '-c', `SIGILFORGE_SOCKET="$(printf '${scene.home}/\\377')" exec "$0" "$@"`];
    expect(await answeredBy(GET_TOKEN, { by })).toBe('Node');
  });
});
