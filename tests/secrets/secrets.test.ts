import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import type { SigilforgeClient } from '../../client/index.js';
import type { ResultOf } from '../../shared/contract/index.js';
import { type Backend, backends } from '../support/start/backends.js';
import { stopAfter } from '../support/start/stop-after.js';
import * as stored from '../support/stored.js';
import { WireClient } from '../support/wire/wire-client.js';

const MAX = 256 * 1024;

describe.each(backends)('secrets by $name', ({ start }) => {
  let backend: Backend;
  let api: SigilforgeClient;

  beforeAll(async () => {
    backend = await start({ config: '[security]\nreveal = []' });
    api = backend.api;
  });
  afterEach(async () => {
    vi.unstubAllEnvs();
    for (const { key } of (await api.listSecrets()).secrets) await api.deleteSecret({ key });
  });
  afterAll(() => backend.stop());

  /** One page, which only the wire gives. */
  async function page<M extends 'list_secrets' | 'get_secrets'>(
    method: M,
    params: object,
  ): Promise<ResultOf<M>> {
    const wire = await WireClient.connect(backend.daemon?.socket ?? '');
    const { result } = await wire.call(method, params);
    await wire.stop();
    return result as ResultOf<M>;
  }

  test('are kept to the byte, counted, and forgotten', async () => {
    const value = 'line one\nline two\n\n';
    expect(await api.setSecret({ key: 'a/b', value })).toEqual({ key: 'a/b', backend: 'vault' });
    expect(await api.getSecret({ key: 'a/b' })).toEqual({
      key: 'a/b',
      value,
      encoding: 'utf8',
      backend: 'vault',
    });
    expect(await api.status()).toMatchObject({ secret_count: 1 });
    expect(await api.deleteSecret({ key: 'a/b' })).toEqual({ deleted: true });
    expect(await api.deleteSecret({ key: 'a/b' })).toEqual({ deleted: false });
    expect(await api.status()).toMatchObject({ secret_count: 0 });
    await expect(api.getSecret({ key: 'a/b' })).rejects.toMatchObject({ kind: 'not_found' });
  });

  test.each([
    ['text given as base64 comes as text', Buffer.from('süß\0\n'), 'utf8'],
    ['bytes that are no text come as base64', Buffer.from([0, 255, 254, 10]), 'base64'],
    ['256 KiB of zero bytes', Buffer.alloc(MAX), 'utf8'],
    ['256 KiB of bytes that are no text', Buffer.alloc(MAX, 255), 'base64'],
    ['nothing at all', Buffer.alloc(0), 'utf8'],
  ] as const)('%s', async (_, bytes, encoding) => {
    await api.setSecret({ key: 'k', value: bytes.toString('base64'), encoding: 'base64' });
    const found = await api.getSecret({ key: 'k' });
    expect(found.encoding).toBe(encoding);
    expect(Buffer.from(found.value, found.encoding).equals(bytes)).toBe(true);
  });

  test('another value takes the place of the old one, and keeps the time of the first', async () => {
    await api.setSecret({ key: 'k', value: 'old' });
    const [before] = (await api.listSecrets()).secrets;
    await vi.waitUntil(() => new Date().toISOString() > (before?.updated_at ?? ''));
    await api.setSecret({ key: 'k', value: 'new' });
    const { secrets } = await api.listSecrets();
    expect(await api.getSecret({ key: 'k' })).toMatchObject({ value: 'new' });
    expect(secrets).toEqual([{ ...before, updated_at: expect.any(String) }]);
    expect((secrets[0]?.updated_at ?? '') > (before?.updated_at ?? '')).toBe(true);
  });

  test('a sealed value opens only in its own row', async () => {
    await api.setSecret({ key: 'mine', value: 'mine' });
    await api.setSecret({ key: 'other', value: 'other' });
    stored.copySealedSecret(backend.sandbox.home, 'other', 'mine');
    await expect(api.getSecret({ key: 'mine' })).rejects.toMatchObject({ kind: 'integrity' });
  });

  test('of a value that was replaced or deleted not even the sealed form is left', async () => {
    const { home } = backend.sandbox;
    const sealed = (): string => stored.secrets(home)[0]?.value?.toString('hex') ?? '';
    await api.setSecret({ key: 'k', value: 'old' });
    const first = sealed();
    expect(await filesWith(home, first)).not.toBe('');
    await api.setSecret({ key: 'k', value: 'new' });
    const second = sealed();
    expect(await filesWith(home, first)).toBe('');
    await api.deleteSecret({ key: 'k' });
    expect(await filesWith(home, second)).toBe('');
  });

  /** The files that hold these bytes, as another process finds them. */
  async function filesWith(folder: string, hex: string): Promise<string> {
    const program = `
      const { readdirSync, readFileSync } = require('node:fs');
      const [folder, hex] = process.argv.slice(1);
      for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
        const file = entry.path + '/' + entry.name;
        if (entry.isFile() && readFileSync(file).includes(Buffer.from(hex, 'hex'))) console.log(file);
      }`;
    const { stdout } = await backend.sandbox.spawn([process.execPath, '-e', program, folder, hex]).exited;
    return stdout;
  }

  test('a locked vault gives none out, and the environment is not looked at', async () => {
    await api.setSecret({ key: 'k', value: 'x' });
    vi.stubEnv('SIGILFORGE_SECRET_K', 'from the environment');
    await api.lock();
    await expect(api.getSecret({ key: 'k' })).rejects.toMatchObject({ kind: 'vault_locked' });
    await expect(api.getSecrets()).rejects.toMatchObject({ kind: 'vault_locked' });
    await expect(api.setSecret({ key: 'k', value: 'y' })).rejects.toMatchObject({ kind: 'vault_locked' });
    await expect(api.resolve({ reference: 'secret://k' })).rejects.toMatchObject({ kind: 'vault_locked' });
    const { metadata } = await api.resolve({ reference: 'secret://k', explain: true });
    expect(metadata).toMatchObject({ source: null, sources: [{ source: 'vault', outcome: 'locked' }, {}] });
    expect((await api.listSecrets()).secrets.map(({ key }) => key)).toEqual(['k']);
    await api.unlock({});
    expect(await api.getSecret({ key: 'k' })).toMatchObject({ value: 'x' });
  });

  test('come by page, in the order of their keys, and by their prefix', async () => {
    if (!backend.daemon) return;
    const keys = Array.from({ length: 205 }, (_, index) => `page/${String(index).padStart(3, '0')}`);
    for (const key of [...keys, 'page', 'pagf', 'page0'])
      await api.setSecret({ key, value: `value of ${key}` });
    const pages = await allPages((cursor) =>
      page<'list_secrets'>('list_secrets', { prefix: 'page/', ...cursor }),
    );
    expect(pages.map(({ secrets }) => secrets.length)).toEqual([100, 100, 5]);
    expect(pages.flatMap(({ secrets }) => secrets.map(({ key }) => key))).toEqual(keys);
    expect(JSON.stringify(pages)).not.toContain('value of');

    const values = await allPages((cursor) =>
      page<'get_secrets'>('get_secrets', { prefix: 'page/', ...cursor }),
    );
    expect(values.flatMap(({ secrets }) => secrets)).toEqual(
      keys.map((key) => ({ key, value: `value of ${key}`, encoding: 'utf8' })),
    );
    const { secrets, cursor } = await api.listSecrets({ prefix: 'pag' });
    expect({ count: secrets.length, cursor }).toEqual({ count: 208, cursor: null });
    expect(secrets.slice(0, 2).map(({ key }) => key)).toEqual(['page', 'page/000']);
    expect(await api.listSecrets({ prefix: 'nothing' })).toEqual({ secrets: [], cursor: null });
  });

  test.each([
    ['values of the longest kind, one a page', [MAX, MAX, MAX], [1, 1, 1]],
    ['values of which three fill a page', Array<number>(7).fill(21_000), [3, 3, 1]],
    ['a long value after short ones, which stay together', [10, 10, MAX, 10, 10], [2, 1, 2]],
    ['values that are just as long as a page', [63 * 1024 - 100, 63 * 1024 - 100], [1, 1]],
  ])('values come by page of 64 KiB: %s', async (_, lengths, counts) => {
    if (!backend.daemon) return;
    const expected = lengths.map((length, index) => ({ key: `v${index}`, value: 'x'.repeat(length) }));
    for (const secret of expected) await api.setSecret(secret);
    const pages = await allPages((cursor) => page<'get_secrets'>('get_secrets', cursor));
    expect(pages.map(({ secrets }) => secrets.length)).toEqual(counts);
    expect(pages.flatMap(({ secrets }) => secrets.map(({ key, value }) => ({ key, value })))).toEqual(
      expected,
    );
  });

  test('values that JSON makes longer fill a page sooner', async () => {
    if (!backend.daemon) return;
    for (const key of ['a', 'b', 'c']) await api.setSecret({ key, value: '"'.repeat(20_000) });
    const pages = await allPages((cursor) => page<'get_secrets'>('get_secrets', cursor));
    expect(pages.map(({ secrets }) => secrets.length)).toEqual([1, 1, 1]);
    for (const { secrets } of pages) expect(JSON.stringify(secrets).length).toBeLessThanOrEqual(64 * 1024);
  });

  test('a value that does not fit on a page is not opened for it', async () => {
    if (!backend.daemon) return;
    for (const key of ['a', 'b', 'c']) await api.setSecret({ key, value: key.repeat(40_000) });
    stored.copySealedSecret(backend.sandbox.home, 'c', 'b');
    const { secrets } = await page<'get_secrets'>('get_secrets', {});
    expect(secrets.map(({ key }) => key)).toEqual(['a']);
    expect(await api.getSecrets()).toMatchObject({ secrets: [{ key: 'a' }, { key: 'c' }], damaged: ['b'] });
  });

  test('damaged ones are named on their pages, and hide no other', async () => {
    const key = (index: number) => `page/${String(index).padStart(3, '0')}`;
    for (let index = 0; index < 250; index++) await api.setSecret({ key: key(index), value: 'x' });
    expect(await api.getSecrets()).not.toHaveProperty('damaged');
    const damaged = [...Array.from({ length: 100 }, (_, index) => key(index)), key(107), key(249)];
    for (const one of damaged) stored.copySealedSecret(backend.sandbox.home, key(150), one);
    const whole = await api.getSecrets({ prefix: 'page/' });
    expect(whole).toMatchObject({ damaged, cursor: null });
    expect(whole.secrets.map((one) => one.key)).toEqual(
      Array.from({ length: 250 }, (_, index) => key(index)).filter((one) => !damaged.includes(one)),
    );
    expect((await api.listSecrets()).secrets).toHaveLength(250);
    await expect(api.getSecret({ key: key(107) })).rejects.toMatchObject({
      kind: 'integrity',
      message: `The stored secret ${key(107)} is damaged.`,
    });
  });

  test('the names of damaged ones count for the length of a page', async () => {
    if (!backend.daemon) return;
    const key = (index: number) => `${index}`.padStart(3, '0') + 'k'.repeat(252);
    for (let index = 0; index < 100; index++)
      await api.setSecret({ key: key(index), value: '"'.repeat(200) });
    for (let index = 0; index < 50; index++)
      stored.copySealedSecret(backend.sandbox.home, key(60), key(index));
    const pages = await allPages((cursor) => page<'get_secrets'>('get_secrets', cursor));
    for (const one of pages) expect(JSON.stringify(one).length).toBeLessThanOrEqual(64 * 1024);
  });

  test('a page that is just full is the last one', async () => {
    if (!backend.daemon) return;
    for (let index = 0; index < 100; index++) await api.setSecret({ key: `full-${index}`, value: 'x' });
    const { secrets, cursor } = await page<'list_secrets'>('list_secrets', {});
    expect({ count: secrets.length, cursor }).toEqual({ count: 100, cursor: null });
  });

  describe('bad input is refused without repeating it:', () => {
    const long = 'canary'.repeat(50);
    test.each<[string, Parameters<SigilforgeClient['setSecret']>[0], string]>([
      ['a key of 256 characters', { key: long.slice(0, 256), value: 'x' }, 'invalid_params'],
      ['an empty key', { key: '', value: 'x' }, 'invalid_params'],
      ['a key with a slash before it', { key: '/canary', value: 'x' }, 'invalid_params'],
      ['a key with a slash behind it', { key: 'canary/', value: 'x' }, 'invalid_params'],
      ['a key with a space', { key: 'can ary', value: 'x' }, 'invalid_params'],
      ['a key with an equals sign', { key: 'k=canary', value: 'x' }, 'invalid_params'],
      ['256 KiB and one byte', { key: 'k', value: 'canary'.padEnd(MAX + 1, 'x') }, 'limit_exceeded'],
      ['256 KiB and one byte in base64', { key: 'k', value: large(), encoding: 'base64' }, 'limit_exceeded'],
      ['what is no base64', { key: 'k', value: 'canary!', encoding: 'base64' }, 'invalid_params'],
      ['half a surrogate pair', { key: 'k', value: 'canary\ud800' }, 'invalid_params'],
    ])('%s', async (_, params, kind) => {
      const error = await api.setSecret(params).catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ kind });
      expect(JSON.stringify(error) + String(error)).not.toMatch(/canary/);
      expect((await api.listSecrets()).secrets).toEqual([]);
    });

    test('a cursor that is not one', async () => {
      for (const cursor of ['canary!', Buffer.from('/').toString('base64url')]) {
        await expect(api.listSecrets({ cursor })).rejects.toMatchObject({
          kind: 'invalid_params',
          message: expect.not.stringContaining('canary'),
        });
      }
    });
  });

  test('a key of 255 characters of every kind', async () => {
    const key = `A-Z.a_z/0@9:+${'x'.repeat(242)}`;
    expect(key).toHaveLength(255);
    await api.setSecret({ key, value: 'x' });
    expect(await api.resolve({ reference: `secret://${key}` })).toMatchObject({ value: 'x' });
  });

  describe('references', () => {
    const reference = 'secret://db/pass';
    const variable = 'SIGILFORGE_SECRET_DB_PASS';

    test('a secret, and its source', async () => {
      await api.setSecret({ key: 'db/pass', value: 'stored' });
      vi.stubEnv(variable, 'from the environment');
      expect(await api.resolve({ reference })).toEqual({
        value: 'stored',
        encoding: 'utf8',
        metadata: { kind: 'secret', source: 'vault', expires_at: null },
      });
      expect(await api.resolve({ reference, explain: true })).toEqual({
        value: null,
        encoding: 'utf8',
        metadata: {
          kind: 'secret',
          source: 'vault',
          expires_at: null,
          sources: [
            { source: 'vault', outcome: 'found' },
            { source: `env://${variable}`, outcome: 'found' },
          ],
        },
      });
    });

    test("what is absent is looked up in the caller's environment, by the client", async () => {
      await expect(api.resolve({ reference })).rejects.toMatchObject({ kind: 'not_found' });
      expect(await api.resolve({ reference, explain: true })).toMatchObject({
        metadata: { source: null, sources: [{}, {}, { source: `env://${variable}`, outcome: 'absent' }] },
      });
      vi.stubEnv(variable, 'from the environment');
      expect(await api.resolve({ reference })).toEqual({
        value: 'from the environment',
        encoding: 'utf8',
        metadata: { kind: 'secret', source: `env://${variable}`, expires_at: null },
      });
      const { metadata } = await api.resolve({ reference, explain: true });
      expect(metadata).toMatchObject({
        source: `env://${variable}`,
        sources: [
          { source: 'vault', outcome: 'absent' },
          { source: 'keychain', outcome: 'absent' },
          { source: `env://${variable}`, outcome: 'found' },
        ],
      });
    });

    test('anything but absence stops it there', async () => {
      await api.setSecret({ key: 'db/pass', value: 'stored' });
      stored.damageSecrets(backend.sandbox.home);
      vi.stubEnv(variable, 'from the environment');
      await expect(api.resolve({ reference })).rejects.toMatchObject({ kind: 'integrity' });
      const { metadata } = await api.resolve({ reference, explain: true });
      expect(metadata).toMatchObject({ source: null, sources: [{ outcome: 'unavailable' }, {}] });
    });

    test('env:// is answered by the client', async () => {
      vi.stubEnv('MY_KEY', 'mine');
      expect(await api.resolve({ reference: 'env://MY_KEY' })).toMatchObject({
        value: 'mine',
        metadata: { kind: 'external', source: 'env://MY_KEY' },
      });
      await expect(api.resolve({ reference: 'env://NOT_THERE_AT_ALL' })).rejects.toMatchObject({
        kind: 'not_found',
      });
      const { metadata } = await api.resolve({ reference: 'env://MY_KEY', explain: true });
      expect(metadata.sources).toEqual([{ source: 'env://MY_KEY', outcome: 'found' }]);
    });

    test('the daemon never reads its own environment for a caller', async () => {
      if (!backend.daemon) return;
      const wire = await stopAfter(WireClient.connect(backend.daemon.socket));
      for (const [asked, kind] of [
        ['env://HOME', 'invalid_reference'],
        ['secret://db/pass', 'not_found'],
      ]) {
        const { error } = await wire.call('resolve', { reference: asked });
        expect(error?.data).toMatchObject({ kind });
      }
    });

    test('vals is off unless the config enables it', async () => {
      for (const one of ['vals:ref+echo://x', 'ref+echo://x']) {
        await expect(api.resolve({ reference: one })).rejects.toMatchObject({ kind: 'denied' });
      }
    });

    test('a whole configuration, and an environment', async () => {
      await Promise.all(
        Array.from({ length: 150 }, (_, index) =>
          api.setSecret({ key: `many/${index}`, value: `value ${index}` }),
        ),
      );
      const list = Array.from({ length: 150 }, (_, index) => `secret://many/${index}`);
      expect(await api.resolveAll({ nested: { list }, port: 8080 })).toEqual({
        nested: { list: list.map((_, index) => `value ${index}`) },
        port: 8080,
      });
      await expect(api.resolveAll({ a: { b: ['secret://not/there'] } })).rejects.toMatchObject({
        kind: 'not_found',
        message: 'a.b[0] (secret://not/there): There is no such secret.',
      });
      vi.stubEnv('INHERITED', 'secret://many/1');
      expect(await api.withEnv({ KEY: 'secret://many/2', PATH: undefined })).toMatchObject({
        INHERITED: 'value 1',
        KEY: 'value 2',
      });
    });
  });
});

type Page = ResultOf<'list_secrets'> | ResultOf<'get_secrets'>;

async function allPages<P extends Page>(ask: (cursor: { cursor?: string }) => Promise<P>): Promise<P[]> {
  const pages = [await ask({})];
  for (let cursor = pages[0]?.cursor; cursor; cursor = pages.at(-1)?.cursor)
    pages.push(await ask({ cursor }));
  return pages;
}

function large(): string {
  return Buffer.alloc(MAX + 1, 'canary').toString('base64');
}
