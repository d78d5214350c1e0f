import { fileURLToPath } from 'node:url';
import { beforeEach, describe, expect, test } from 'vitest';
import { stopAfter } from '../support/start/stop-after.js';
import { expectAlike } from './alike.js';
import { answering, GAVE_WAY, NATIVE, type NativeScene, startNativeScene, TOKEN, usual } from './scene.js';

const PARTS = fileURLToPath(new URL('parts.py', import.meta.url));
const GET = ['git-credential', '--account', 'github/work', 'get'];

describe.skipIf(NATIVE === undefined)('git is answered by C as by Node', () => {
  let scene: NativeScene;

  beforeEach(async () => {
    scene = await stopAfter(startNativeScene());
    scene.reply = usual;
  });

  const inputs: [string, 'C' | 'Node'][] = [
    ['protocol=https\nhost=github.com\n\n', 'C'],
    ['protocol=https\nhost=Git.Example.org\nusername=ann\ncapability[]=authtype\nstate[]=x\n', 'C'],
    ['protocol=https\nhost=github.com\nusername=größe\n\nmore', 'C'],
    [
      'protocol=https\nhost=github.com\nwwwauth[]=Basic realm=x\nwwwauth[]=Bearers\ncapability[]=authtype\n',
      'C',
    ],
    ['protocol=https\nhost=github.com\nwwwauth[]=bearer\n', 'Node'],
    ['protocol=https\nhost=github.com\nwwwauth[]=Bearer realm=x\ncapability[]=authtype\n', 'Node'],
    ['protocol=http\nhost=github.com\n', 'Node'],
    ['protocol=https\nhost=github.com:8443\n', 'Node'],
    ['url=https://ann@github.com/x\n', 'Node'],
    ['protocol=https\nhost=github.com\nhost=other.org\n', 'Node'],
    ['protocol=https\nhost=github.com\nusername=a\rb\n', 'Node'],
    ['protocol=https\nhost\n', 'Node'],
    ['', 'Node'],
  ];

  test.each(inputs)('for %j', async (input, by) => {
    expect(await expectAlike(scene, GET, { input })).toBe(by);
  });

  test('for bytes that are not UTF-8, and for more than is taken', async () => {
    expect(
      await expectAlike(scene, GET, { input: Buffer.from('protocol=https\nhost=\xff\n', 'latin1') }),
    ).toBe('Node');
    const long = `protocol=https\nhost=github.com\nx=${'x'.repeat(100_000)}\n`;
    expect(await expectAlike(scene, GET, { input: long })).toBe('C');
    expect(await expectAlike(scene, GET, { input: `${long}${'y'.repeat(2 ** 20)}` })).toBe('Node');
  });

  test.each(['GitHub.com', 'gitlab.com', 'bitbucket.org', 'huggingface.co', 'dev.azure.com', 'github.co'])(
    'with the user name for tokens at %s',
    async (host) => {
      expect(await expectAlike(scene, GET, { input: `protocol=https\nhost=${host}\n` })).toBe('C');
    },
  );

  const stored: [readonly string[], string, 'C' | 'Node'][] = [
    [['--account', 'github/work'], 'host=github.com\nusername=a\npassword=b\n', 'C'],
    [[], 'host=github.com\nusername=a\npassword=b\npassword_expiry_utc=1\n', 'C'],
    [[], 'host=github.com\nauthtype=Bearer\ncredential=b\n', 'C'],
    [['--account', 'github/work'], 'host=github.com:8443\nusername=a\npassword=b\n', 'Node'],
  ];

  test.each(stored)('what a helper gave is not stored: %j, %j', async (options, input, by) => {
    const args = ['git-credential', ...options, 'store'];
    expect(await expectAlike(scene, args, { input: `protocol=https\n${input}` })).toBe(by);
  });

  test.each([
    '2026-02-28T23:59:59.999Z',
    '2028-02-29T00:00:00.000Z',
    '2000-03-01T00:00:00.000Z',
    '2099-12-31T01:02:03.004Z',
  ])('with the end of a token at %s', async (expires_at) => {
    scene.reply = answering({ ...TOKEN, expires_at });
    const input = 'protocol=https\nhost=github.com\nusername=ann\n';
    expect(await expectAlike(scene, GET, { input })).toBe(expires_at.includes('-02-29') ? 'Node' : 'C');
  });

  test('if the request comes in parts through a pipe that is not waited for', async () => {
    expect(await expectAlike(scene, GET, { by: ['/usr/bin/python3', PARTS] })).toBe('C');
    scene.reply = () => ({ bytes: 'odd\n', closes: true });
    expect(await expectAlike(scene, GET, { by: ['/usr/bin/python3', PARTS] })).toBe('Node');
  });

  test('and Node reads all of what C has read', async () => {
    scene.reply = () => ({ bytes: 'odd\n', closes: true });
    const input = 'protocol=https\nhost=github.com\nusername=ann\n\n';
    expect((await scene.nativeOnly(GET, { input })).code).toBe(GAVE_WAY);
    expect(await expectAlike(scene, GET, { input })).toBe('Node');
    expect(await expectAlike(scene, ['git-credential', 'capability'], { input })).toBe('Node');
  });
});
