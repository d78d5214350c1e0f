import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { connect } from '../../client/index.js';
import { answersTo } from './generated.js';
import { answering, GAVE_WAY, NATIVE, type NativeScene, startNativeScene, TOKEN } from './scene.js';

/** The same each time, so that a failure can be seen again. */
const SEED = 14;
const RUNS = 250;

const COMMANDS = {
  get_token: ['get-token', 'github', 'work'],
  resolve: ['resolve', 'secret://a/b'],
  get_secret: ['secret', 'get', 'a/b'],
} as const;
type Method = keyof typeof COMMANDS;

const METHODS: readonly Method[] = ['get_token', 'resolve', 'get_secret'];

describe.skipIf(NATIVE === undefined)('the native client', () => {
  let scene: NativeScene;

  beforeAll(async () => {
    scene = await startNativeScene();
    return () => scene.stop();
  });

  /** What the client in JavaScript makes of the same answer; `undefined` for an error. */
  async function valueByNode(method: Method): Promise<string | undefined> {
    const client = await connect({ socket: scene.socket, fallback: 'none' });
    try {
      if (method === 'get_token')
        return (await client.getToken({ service: 'github', account: 'work' })).access_token;
      if (method === 'resolve') return (await client.resolve({ reference: 'secret://a/b' })).value ?? '';
      return (await client.getSecret({ key: 'a/b' })).value;
    } catch {
      return undefined;
    } finally {
      await client.close();
    }
  }

  test.each(METHODS)(
    'prints of any answer to %s what Node makes of it, or gives way',
    { timeout: 120_000 },
    async (method) => {
      let printed = 0;
      for (const bytes of fc.sample(answersTo(method), { seed: SEED, numRuns: RUNS })) {
        scene.reply = () => ({ bytes: Buffer.concat([bytes, Buffer.from('\n')]), closes: true });
        const { code, stdout } = await scene.nativeOnly(COMMANDS[method]);
        expect([0, GAVE_WAY], bytes.toString()).toContain(code);
        if (code === GAVE_WAY) {
          expect(stdout).toBe('');
          continue;
        }
        printed++;
        expect(stdout, bytes.toString()).toBe(`${await valueByNode(method)}\n`);
      }
      // Else nothing was compared.
      expect(printed).toBeGreaterThan(RUNS / 4);
    },
  );

  test('reads tokens up to a mebibyte, in many pieces, and gives way to Node for what is much longer', async () => {
    const access_token = '\u{1f600}é"'.repeat(150_000).slice(0, 2 ** 20);
    scene.reply = answering({ ...TOKEN, access_token });
    expect((await scene.nativeOnly(['get-token', 'github', 'work'])).stdout).toBe(`${access_token}\n`);
    scene.reply = answering({ ...TOKEN, access_token: 'x'.repeat(5 * 2 ** 20) });
    expect((await scene.nativeOnly(['get-token', 'github', 'work'])).code).toBe(GAVE_WAY);
  });

  test.each([
    ['text', 'token-1\n'],
    ['header', 'Authorization: Bearer token-1\n'],
    ['json', `${JSON.stringify(TOKEN)}\n`],
  ])('prints a token as %s', async (format, printed) => {
    scene.reply = answering(TOKEN);
    const { code, stdout } = await scene.nativeOnly(['get-token', 'github', 'work', '--format', format]);
    expect([code, stdout]).toEqual([0, printed]);
  });

  test('gives way for a token that as a header would be two', async () => {
    scene.reply = answering({ ...TOKEN, access_token: 'one\r\nX-Other: two' });
    const { code, stdout } = await scene.nativeOnly(['get-token', 'github', 'work', '--format', 'header']);
    expect([code, stdout]).toEqual([GAVE_WAY, '']);
  });
});
