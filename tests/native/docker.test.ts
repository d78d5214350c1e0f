import { beforeEach, describe, expect, test } from 'vitest';
import { stopAfter } from '../support/start/stop-after.js';
import { expectAlike } from './alike.js';
import {
  answering,
  GAVE_WAY,
  NATIVE,
  type NativeScene,
  type Request,
  startNativeScene,
  usual,
} from './scene.js';

const GET = ['docker-credential', 'get'];
const PASSWORD = 'ä "quoted" \\ word';

describe.skipIf(NATIVE === undefined)('docker is answered by C as by Node', () => {
  let scene: NativeScene;

  beforeEach(async () => {
    scene = await stopAfter(startNativeScene());
  });

  /** What is kept for each registry. */
  function keep(value: unknown): void {
    const text = typeof value === 'string' ? value : JSON.stringify(value);
    const secret = { key: 'docker/x', value: text, encoding: 'utf8', backend: 'vault' };
    scene.reply = (request: Request) =>
      request.method === 'get_secret' ? answering(secret)(request) : usual(request);
  }

  const registries: [string, 'C' | 'Node'][] = [
    ['registry.example.org', 'C'],
    ['registry.example.org:5000\n', 'C'],
    ['localhost:5000\r\n', 'C'],
    ['ghcr.io', 'C'],
    ['Registry.example.org', 'Node'],
    ['https://registry.example.org', 'Node'],
    ['registry.example.org/team', 'Node'],
    ['registry.example.org:443', 'Node'],
    ['registry.example.org:05000', 'Node'],
    ['registry.example.org:500000', 'Node'],
    ['registry.example.org:', 'Node'],
    ['-registry.example.org', 'Node'],
    ['index.docker.io', 'Node'],
    ['https://index.docker.io/v1/', 'Node'],
    ['europe-docker.pkg.dev', 'Node'],
    ['eu.gcr.io', 'Node'],
    ['registry.gitlab.com', 'Node'],
    ['registry.example.org\0', 'Node'],
    ['registry..example.org\tx', 'Node'],
    ['größe.example.org', 'Node'],
    ['', 'Node'],
  ];

  test.each(registries)('for the registry %j', async (input, by) => {
    keep({ account: 'github/work' });
    expect(await expectAlike(scene, GET, { input })).toBe(by);
  });

  const kept: [string, unknown, 'C' | 'Node'][] = [
    ['a login', { Username: 'ann', Secret: PASSWORD }, 'C'],
    ['a login in another order, with blanks', '{"Secret": "s", "Username" :"ann" }', 'C'],
    ['a login between blanks', ' {"Username":"ann","Secret":"s"}', 'Node'],
    ['an account', { account: 'github/Work.2' }, 'C'],
    ['an account with a user name', { account: 'github/work', user: 'größe' }, 'C'],
    ['an account in large letters', { account: 'GitHub/work' }, 'Node'],
    ['an account that is none', { account: 'github' }, 'Node'],
    ['an account with a quote', { account: 'github/a"b' }, 'Node'],
    ['an account with escapes', '{"account":"git\\u0068ub/work"}', 'C'],
    ['more than is known', { account: 'github/work', user: 'a', other: 1 }, 'Node'],
    ['both', { account: 'github/work', Username: 'a', Secret: 'b' }, 'Node'],
    ['a name twice', '{"account":"github/a","account":"github/b"}', 'Node'],
    ['a number', { Username: 'ann', Secret: 1 }, 'Node'],
    ['a user name that is none', { account: 'github/work', user: null }, 'Node'],
    ['no JSON', '{"account":', 'Node'],
    ['a list', [], 'Node'],
    ['half a surrogate', '{"Username":"\\ud800","Secret":"b"}', 'Node'],
    ['escapes that are not needed', '{"Username":"a","Secret":"\\/"}', 'Node'],
    ['much', { Username: 'a', Secret: 'x'.repeat(200_000) }, 'C'],
  ];

  test.each(kept)('where %s is kept', async (_, value, by) => {
    keep(value);
    expect(await expectAlike(scene, GET, { input: 'registry.example.org' })).toBe(by);
  });

  test('where nothing is kept, or it is not text', async () => {
    const bytes = { key: 'docker/x', value: 'AAEC', encoding: 'base64', backend: 'vault' };
    scene.reply = answering(bytes);
    expect(await expectAlike(scene, GET, { input: 'registry.example.org' })).toBe('Node');
    scene.reply = (request) => ({
      bytes: `${JSON.stringify({ jsonrpc: '2.0', id: request.id, error: { code: -32001, message: 'none', data: { kind: 'not_found' } } })}\n`,
    });
    expect(await expectAlike(scene, GET, { input: 'registry.example.org' })).toBe('Node');
  });

  test('and Node reads the registry again where the token cannot be had', async () => {
    keep({ account: 'github/work' });
    const first = scene.reply;
    scene.reply = (request) =>
      request.method === 'get_token' ? { bytes: 'odd\n', closes: true } : first(request);
    expect((await scene.nativeOnly(GET, { input: 'registry.example.org' })).code).toBe(GAVE_WAY);
    expect(await expectAlike(scene, GET, { input: 'registry.example.org' })).toBe('Node');
  });
});
