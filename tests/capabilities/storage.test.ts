import { setImmediate as nextTurn } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, onTestFinished, test } from 'vitest';
import { STORAGE_LIMITS } from '../../daemon/core/capabilities/storage-entry.js';
import type { Core } from '../../daemon/core/core.js';
import { asSigilforgeError } from '../../shared/errors.js';
import { weather, writeCapability } from '../support/capabilities.js';
import { type Backend, backends } from '../support/start/backends.js';
import { openTestCore } from '../support/start/core.js';
import { createSandbox } from '../support/start/sandbox.js';
import { stopAfter } from '../support/start/stop-after.js';
import * as stored from '../support/stored.js';
import { capabilityScene } from './scene.js';

const capability = 'weather';

async function withWeather(starting: Promise<Backend>): Promise<Backend> {
  const backend = await stopAfter(starting);
  const folder = await writeCapability(`${backend.sandbox.home}/weather`, weather);
  await backend.api.registerCapability({ path: folder });
  return backend;
}

/** The core in this process, with a capability. */
async function openCoreWith(): Promise<{ core: Core; id: string }> {
  const sandbox = await stopAfter(createSandbox());
  const core = await openTestCore(sandbox.home);
  onTestFinished(() => core.close());
  const folder = await writeCapability(`${sandbox.home}/weather`, weather);
  return { core, id: (await core.capabilities.registry.register(folder)).id };
}

describe.each(backends)('over $name', ({ start }) => {
  test('any JSON value comes back as it was, under any name', async () => {
    const { api } = await withWeather(start());
    const key = fc.oneof(
      fc.constantFrom(
        '__proto__',
        'constructor',
        'prototype',
        'toString',
        ' ',
        '0',
        'größe',
        '\u{1f511}',
        '%_',
      ),
      fc.string({ minLength: 1, maxLength: 255 - 1, unit: 'grapheme' }).filter((text) => {
        return text.length <= 255 && !/[\p{Cc}\p{Cs}]/u.test(text);
      }),
    );
    await fc.assert(
      fc.asyncProperty(key, fc.jsonValue({ maxDepth: 5 }), async (name, value) => {
        const { version } = await api.storageSet({ capability, key: name, value });
        const got = await api.storageGet({ capability, key: name });
        expect(JSON.stringify(got)).toBe(JSON.stringify({ key: name, value, version }));
      }),
      { numRuns: 40 },
    );
  });

  test('names that are not possible, and values that are not there', async () => {
    const { api } = await withWeather(start());
    for (const key of ['', 'x'.repeat(256), 'a\nb', '\u0000', '\ud800']) {
      await expect(api.storageSet({ capability, key, value: 1 })).rejects.toMatchObject({
        kind: 'invalid_params',
      });
      await expect(api.storageGet({ capability, key })).rejects.toMatchObject({ kind: 'invalid_params' });
    }
    const call = api.storageSet as (params: object) => Promise<unknown>;
    await expect(call({ capability, key: 'a' })).rejects.toMatchObject({ kind: 'invalid_params' });
    await expect(call({ key: 'a', value: 1 })).rejects.toMatchObject({ kind: 'invalid_params' });
    await expect(call({ capability: 'absent', key: 'a', value: 1 })).rejects.toMatchObject({
      kind: 'not_found',
    });
    expect(await api.storageGet({ capability, key: 'a' })).toEqual({ key: 'a', value: null, version: null });
    expect(await api.storageSet({ capability, key: 'a', value: null })).toMatchObject({ version: 1 });
    expect(await api.storageGet({ capability, key: 'a' })).toEqual({ key: 'a', value: null, version: 1 });
  });

  test('a version that was expected, and is not there, changes nothing', async () => {
    const { api } = await withWeather(start());
    const set = (value: unknown, expected_version?: number) =>
      api.storageSet({
        capability,
        key: 'a',
        value,
        ...(expected_version !== undefined && { expected_version }),
      });
    const drop = (expected_version?: number) =>
      api.storageDelete({
        capability,
        key: 'a',
        ...(expected_version !== undefined && { expected_version }),
      });
    const taken = { kind: 'already_exists' };
    await expect(set('x', 1)).rejects.toMatchObject(taken);
    const { version: first } = await set('first', 0);
    await expect(set('x', 0)).rejects.toMatchObject(taken);
    const { version: second } = await set('second', first);
    expect(second).toBeGreaterThan(first);
    await expect(set('x', first)).rejects.toMatchObject(taken);
    await expect(drop(first)).rejects.toMatchObject(taken);
    expect(await api.storageGet({ capability, key: 'a' })).toMatchObject({
      value: 'second',
      version: second,
    });
    expect(await drop(second)).toEqual({ deleted: true });
    await expect(drop(second)).rejects.toMatchObject(taken);
    expect(await drop(0)).toEqual({ deleted: false });
    expect(await drop()).toEqual({ deleted: false });
    await expect(set('x', second)).rejects.toMatchObject(taken);
    // No version comes twice, so who has read an earlier value cannot take this one for it.
    expect((await set('third', 0)).version).toBeGreaterThan(second);
  });

  test('the list has no values, and every page of it fits into a short line', async () => {
    const { api } = await withWeather(start());
    const long = '\\'.repeat(200);
    const keys = Array.from(
      { length: 150 },
      (_, index) => `${index % 2 === 0 ? 'even' : 'odd'}/${long}/${index}`,
    );
    for (const key of keys) await api.storageSet({ capability, key, value: { of: key.length } });
    const first = await api.storageList({ capability, cursor: undefined });
    expect(first.items.map(({ key }) => key)).toEqual([...keys].sort());
    expect(first.items[0]).toEqual({
      ...{ key: [...keys].sort()[0], version: expect.any(Number), bytes: 10 },
      updated_at: expect.any(String),
    });
    const even = await api.storageList({ capability, prefix: 'even/' });
    expect(even.items).toHaveLength(75);
    expect(await api.storageList({ capability, prefix: 'e%' })).toEqual({ items: [], cursor: null });
  });
});

test('pages of the list stay below 64 KiB', async () => {
  const { core } = await openCoreWith();
  const { storage } = core.capabilities;
  const key = (index: number) => `${'語'.repeat(240)}${index}`;
  for (let index = 0; index < 200; index++) await storage.set({ capability, key: key(index), value: index });
  const found: string[] = [];
  for (let cursor: string | undefined; ; ) {
    const page = storage.list({ capability, cursor });
    expect(Buffer.byteLength(JSON.stringify(page))).toBeLessThan(64 * 1024 - 100);
    found.push(...page.items.map((item) => item.key));
    if (page.cursor === null) break;
    cursor = page.cursor;
  }
  expect(found).toEqual(Array.from({ length: 200 }, (_, index) => key(index)).sort());
});

test('two writers with expected versions lose nothing', async () => {
  const scene = await capabilityScene();
  await scene.add(capability);
  const clients = [scene.api, await scene.connect(), await scene.connect()];
  await Promise.all(
    clients.map(async (client) => {
      for (let added = 0; added < 30; ) {
        const { value, version } = await client.storageGet({ capability, key: 'count' });
        const next = Number(value ?? 0) + 1;
        const stored = await client
          .storageSet({ capability, key: 'count', value: next, expected_version: version ?? 0 })
          .then(() => true, asSigilforgeError);
        if (stored === true) added += 1;
        else expect(stored).toMatchObject({ kind: 'already_exists' });
      }
    }),
  );
  expect(await scene.api.storageGet({ capability, key: 'count' })).toMatchObject({ value: 90, version: 90 });
});

describe('limits', () => {
  test('a value has 256 KiB and 60 levels, a capability 8 MiB', async () => {
    const { core } = await openCoreWith();
    const { storage } = core.capabilities;
    const limit = { kind: 'limit_exceeded' };
    const largest = 'x'.repeat(STORAGE_LIMITS.valueBytes - 2);
    await expect(storage.set({ capability, key: 'a', value: `${largest}x` })).rejects.toMatchObject({
      ...limit,
      message: 'A stored value has at most 256 KiB as JSON.',
    });
    // As JSON, not as text.
    await expect(storage.set({ capability, key: 'a', value: '\n'.repeat(140_000) })).rejects.toMatchObject(
      limit,
    );
    await expect(storage.set({ capability, key: 'a', value: 'ä'.repeat(140_000) })).rejects.toMatchObject(
      limit,
    );
    const deep = (levels: number): unknown => JSON.parse('['.repeat(levels) + ']'.repeat(levels));
    await storage.set({ capability, key: 'deep', value: deep(60) });
    await expect(storage.set({ capability, key: 'deep', value: deep(61) })).rejects.toMatchObject(limit);
    await storage.delete({ capability, key: 'deep' });
    for (let index = 0; index < 32; index++)
      await storage.set({ capability, key: `${index}`, value: largest });
    await expect(storage.set({ capability, key: 'a', value: '' })).rejects.toMatchObject({
      ...limit,
      message: 'The storage of a capability holds at most 8 MiB.',
    });
    expect(await storage.get({ capability, key: 'a' })).toMatchObject({ version: null });
    await storage.set({ capability, key: '7', value: '' });
    await storage.set({ capability, key: 'a', value: '' });
  });

  test('a capability has 10,000 keys, and a run that would make more changes nothing', async () => {
    const { core, id } = await openCoreWith();
    const { storage } = core.capabilities;
    const many = (count: number, value: unknown = 1) =>
      Object.fromEntries(Array.from({ length: count }, (_, index) => [`key ${index}`, value]));
    const limit = {
      kind: 'limit_exceeded',
      message: 'The storage of a capability holds at most 10000 keys.',
    };
    await expect(storage.merge(id, many(10_001))).rejects.toMatchObject(limit);
    await expect(storage.merge(id, many(20_001, null))).rejects.toMatchObject(limit);
    expect(storage.list({ capability })).toEqual({ items: [], cursor: null });
    await storage.merge(id, many(10_000));
    await expect(storage.set({ capability, key: 'one more', value: 1 })).rejects.toMatchObject(limit);
    await expect(storage.merge(id, { 'key 1': 2, 'one more': 1 })).rejects.toMatchObject(limit);
    expect(await storage.get({ capability, key: 'key 1' })).toMatchObject({ value: 1 });
    await storage.merge(id, { 'key 1': null, 'one more': 1, 'not there': null });
    expect(Object.keys(await storage.open(id))).toHaveLength(10_000);
    // All at once, in the place of all.
    await storage.merge(id, {
      ...many(10_000, null),
      'one more': null,
      ...Object.fromEntries(Array.from({ length: 9_999 }, (_, index) => [`new ${index}`, index])),
    });
    expect(Object.keys(await storage.open(id))).toHaveLength(9_999);
  });
});

test('what is read for a run while others write is whole, and gives way to others', async () => {
  const { core, id } = await openCoreWith();
  const { storage } = core.capabilities;
  await storage.merge(
    id,
    Object.fromEntries(Array.from({ length: 2_000 }, (_, index) => [`${index}`, index])),
  );
  let turns = 0;
  let isOpen = true;
  const counting = (async () => {
    while (isOpen) {
      turns += 1;
      await nextTurn();
    }
  })();
  const opened = await storage.open(id);
  isOpen = false;
  await counting;
  expect(Object.keys(opened)).toHaveLength(2_000);
  expect(opened['1999']).toBe(1999);
  expect(turns).toBeGreaterThan(3);
});

describe('of a run', () => {
  test('it is given everything, and its result is merged: null deletes, the rest stays', async () => {
    const scene = await capabilityScene();
    const body = `
seen = context["storage"]
return {"response": json.dumps(seen, sort_keys=True), "storage": {"a": None, "b": {"n": [1, None]}, **args}}`;
    await scene.add(capability, body);
    const set = (key: string, value: unknown) => scene.api.storageSet({ capability, key, value });
    for (const key of ['a', 'b', 'c', '__proto__']) await set(key, `${key} before`);
    const result = await scene.run(capability, { constructor: 1, prototype: 'two' });
    expect(result.run).toMatchObject({ status: 'completed', error: null });
    expect(JSON.parse(result.response ?? '')).toEqual(
      JSON.parse('{"a":"a before","b":"b before","c":"c before","__proto__":"__proto__ before"}'),
    );
    const { items } = await scene.api.storageList({ capability });
    expect(items.map(({ key }) => key)).toEqual(['__proto__', 'b', 'c', 'constructor', 'prototype']);
    for (const [key, value] of [
      ['b', { n: [1, null] }],
      ['c', 'c before'],
      ['constructor', 1],
      ['prototype', 'two'],
    ] as const)
      expect(await scene.api.storageGet({ capability, key })).toMatchObject({ value });
  });

  test('two at once lose nothing that the other wrote', async () => {
    const scene = await capabilityScene();
    const body = `
import os, time
open(args["own"], "w").close()
while not os.path.exists(args["other"]): time.sleep(0.01)
return {"response": "", "storage": {args["key"]: 1}}`;
    await scene.add(capability, body, { concurrent: true });
    const [one, two] = ['one', 'two'].map((name) => `${scene.sandbox.home}/${name}`);
    const runs = await Promise.all([
      scene.run(capability, { own: one, other: two, key: 'one' }),
      scene.run(capability, { own: two, other: one, key: 'two' }),
    ]);
    expect(runs.map(({ run }) => run.status)).toEqual(['completed', 'completed']);
    const { items } = await scene.api.storageList({ capability });
    expect(items.map(({ key }) => key)).toEqual(['one', 'two']);
  });

  test('a result that is too much fails it, and changes nothing', async () => {
    const scene = await capabilityScene();
    const body = `
large = {"large": "x" * 300_000, "many": {str(i): i for i in range(10_001)}, "deep": 1}
value = large[args["what"]]
if args["what"] == "deep":
    for _ in range(500): value = [value]
return {"response": "", "storage": {"first": 1, **(value if isinstance(value, dict) else {"value": value})}}`;
    await scene.add(capability, body);
    for (const [what, error] of [
      ['large', '256 KiB'],
      ['many', '10000 keys'],
      ['deep', '60 levels'],
    ]) {
      const { run } = await scene.run(capability, { what });
      expect(run).toMatchObject({ status: 'failed', error: expect.stringContaining(String(error)) });
    }
    expect(await scene.api.storageList({ capability })).toEqual({ items: [], cursor: null });
  });

  test('it goes with the capability', async () => {
    const scene = await capabilityScene();
    await scene.add(capability);
    await scene.api.storageSet({ capability, key: 'a', value: 1 });
    await scene.api.removeCapability({ name: capability });
    expect(stored.sealedOwn(scene.sandbox.home, 'capability_storage')).toEqual([]);
    await scene.api.registerCapability({ path: `${scene.sandbox.home}/made-${capability}` });
    expect(await scene.api.storageGet({ capability, key: 'a' })).toMatchObject({ version: null });
  });

  test.each<[what: string, set: string]>([
    ['a damaged value', 'value = randomblob(length(value))'],
    ['another name', "key = 'second'"],
    ['another capability', 'other'],
  ])('%s in a database that was altered stays where it is', async (_, set) => {
    const scene = await capabilityScene();
    await scene.add(capability);
    await scene.add('other');
    await scene.api.storageSet({ capability, key: 'first', value: 1 });
    if (set === 'other') stored.giveOwn(scene.sandbox.home, 'capability_storage', set);
    else stored.alterOwn(scene.sandbox.home, 'capability_storage', set);
    const name = set.includes('other') ? 'other' : capability;
    const key = set.includes('second') ? 'second' : 'first';
    await expect(scene.api.storageGet({ capability: name, key })).rejects.toMatchObject({
      kind: 'integrity',
    });
    const { run } = await scene.run(name);
    expect(run).toMatchObject({ status: 'failed', error: expect.stringContaining('not what was stored') });
    await scene.api.storageSet({ capability: name, key, value: 2 });
    expect((await scene.run(name)).run.status).toBe('completed');
  });
});
