import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import type { SigilforgeClient } from '../../client/index.js';
import type { Clock } from '../../daemon/core/platform/clock.js';
import { Vals } from '../../daemon/core/references/vals.js';
import { type Config, parseConfig } from '../../shared/config.js';
import { createFakeVals, type FakeVals } from '../support/fake-vals.js';
import { backends, startLibrary } from '../support/start/backends.js';
import { stopAfter } from '../support/start/stop-after.js';

let vals: FakeVals;

beforeEach(() => {
  vals = createFakeVals();
  vi.stubEnv('PATH', vals.path);
});
afterEach(() => {
  vi.unstubAllEnvs();
  vals.remove();
});

describe.each(backends)('vals by $name', ({ start }) => {
  async function started(config = ''): Promise<SigilforgeClient> {
    const path = process.env['PATH'];
    const { api } = await stopAfter(start({ config: `[vals]\nenabled = true\n${config}` }));
    // Opening the library has put back the environment.
    vi.stubEnv('PATH', path);
    return api;
  }

  test('gives a value to the byte, by both ways to write it', async () => {
    const api = await started();
    const metadata = { kind: 'external', source: 'vals', expires_at: null };
    const expected = { value: 'a\'b $(touch x);\\"', encoding: 'utf8', metadata };
    writeFileSync(join(vals.folder, 'text'), expected.value);
    writeFileSync(join(vals.folder, 'bytes'), Buffer.from([0, 255, 10]));
    const text = `ref+file://${vals.folder}/text`;
    expect(await api.resolve({ reference: text })).toEqual(expected);
    expect(await api.resolve({ reference: `vals:${text}` })).toEqual(expected);
    expect(await api.resolve({ reference: `ref+file://${vals.folder}/bytes` })).toMatchObject({
      value: 'AP8K',
      encoding: 'base64',
    });
    expect(await api.resolve({ reference: 'ref+echo://$(id);`id`' })).toMatchObject({ value: '$(id);`id`' });
    expect(vals.calls()).toContain('get ref+echo://$(id);`id`');
    const { metadata: explained, value } = await api.resolve({ reference: text, explain: true });
    expect({ explained, value }).toEqual({
      explained: { ...metadata, sources: [{ source: 'vals', outcome: 'found' }] },
      value: null,
    });
  });

  test('callers at the same time share one call, and its answer is kept', async () => {
    const api = await started();
    const asking = Promise.all(Array.from({ length: 5 }, () => api.resolve({ reference: 'ref+gate://x' })));
    await vi.waitUntil(() => vals.calls().length > 0);
    vals.open('shared');
    const answers = await asking;
    expect(answers.map(({ value }) => value)).toEqual(Array(5).fill('shared'));
    expect(await api.resolve({ reference: 'vals:ref+gate://x' })).toMatchObject({ value: 'shared' });
    expect(vals.calls()).toEqual(['get ref+gate://x']);
  });

  test('nothing is kept where cache_ttl_s is 0', async () => {
    const api = await started('cache_ttl_s = 0');
    for (let call = 0; call < 2; call++) await api.resolve({ reference: 'ref+echo://x' });
    expect(vals.calls()).toHaveLength(2);
  });

  test('a failure is an external error without its output, and is not kept', async () => {
    const api = await started();
    for (let call = 0; call < 2; call++) {
      await expect(api.resolve({ reference: 'ref+fail://x' })).rejects.toMatchObject({
        kind: 'external',
        message: 'vals failed: it ended with status 3.',
      });
    }
    expect(vals.calls()).toHaveLength(2);
    const { metadata } = await api.resolve({ reference: 'ref+fail://x', explain: true });
    expect(metadata.sources).toEqual([{ source: 'vals', outcome: 'unavailable' }]);
  });

  test('over 256 KiB is an external error', async () => {
    const api = await started();
    await expect(api.resolve({ reference: 'ref+megabyte://x' })).rejects.toMatchObject({
      kind: 'external',
      message: 'vals answered with over 262144 bytes.',
    });
  });

  test('silence is an external error, and its processes are ended', async () => {
    const api = await started('timeout_s = 1');
    const child = vals.hangingChild();
    await expect(api.resolve({ reference: 'ref+hang://x' })).rejects.toMatchObject({
      kind: 'external',
      message: 'vals did not answer within 1 seconds and was stopped.',
    });
    await child.ended;
  });

  test('its absence is an external error', async () => {
    vi.stubEnv('PATH', dirname(process.execPath));
    const api = await started();
    await expect(api.resolve({ reference: 'ref+echo://x' })).rejects.toMatchObject({
      kind: 'external',
      message: 'The program vals is not installed, or not on the PATH.',
    });
  });
});

test('the end of the library ends a call under way', async () => {
  const { api, stop } = await startLibrary({ config: '[vals]\nenabled = true\ntimeout_s = 600' });
  vi.stubEnv('PATH', vals.path);
  const child = vals.hangingChild();
  const asking = expect(api.resolve({ reference: 'ref+hang://x' })).rejects.toMatchObject({
    kind: 'cancelled',
  });
  await child.begun;
  await stop();
  await asking;
  await child.ended;
});

describe('what the config allows', () => {
  const clock: Clock = { wall: () => 0, monotonic: () => 0 };

  function create(config: string, with_: Partial<Clock> = {}): Vals {
    const parsed: Config = parseConfig(`[vals]\nenabled = true\n${config}`, 'config.toml');
    const made = new Vals(parsed.vals, { ...clock, ...with_ });
    onTestFinished(() => made.close());
    return made;
  }

  test.each([
    ['', 'ref+echo://x', undefined],
    ['', 'ref+exec://x', 'denied'],
    ['', 'ref+EXEC://x', 'denied'],
    ['', 'ref+envsubst://x', 'denied'],
    ['allow = ["*", "exec"]', 'ref+exec://x', undefined],
    ['allow = ["*", "exec"]', 'ref+envsubst://x', 'denied'],
    ['allow = ["file"]', 'ref+echo://x', 'denied'],
    ['allow = []', 'ref+echo://x', 'denied'],
    ['allow = ["echo"]', 'ref+echo://x+ref+exec://y', 'invalid_reference'],
    ['', 'ref+echo://xsecretref+exec://y', 'invalid_reference'],
  ])('%s: %s', async (config, ref, kind) => {
    const asking = create(config).get(ref);
    if (kind === undefined) await expect(asking).resolves.toBeDefined();
    else {
      await expect(asking).rejects.toMatchObject({ kind });
      expect(vals.calls()).toEqual([]);
    }
  });

  test('an answer is kept for cache_ttl_s, or until it is dropped by forget()', async () => {
    let now = 0;
    const made = create('cache_ttl_s = 300', { monotonic: () => now });
    await made.get('ref+echo://x');
    now = 299_999;
    await made.get('ref+echo://x');
    expect(vals.calls()).toHaveLength(1);
    now = 300_000;
    await made.get('ref+echo://x');
    expect(vals.calls()).toHaveLength(2);
    made.forget();
    await made.get('ref+echo://x');
    expect(vals.calls()).toHaveLength(3);
  });
});
