import { describe, expect, test } from 'vitest';
import { resolveAll } from '../../../client/references/resolve-all.js';
import { withEnv } from '../../../client/references/with-env.js';
import type { Api, ResultOf } from '../../../shared/contract/index.js';
import { SigilforgeError } from '../../../shared/errors.js';

const metadata: ResultOf<'resolve'>['metadata'] = { kind: 'secret', source: 'vault', expires_at: null };

/** Answers a reference with `<it>`. */
const resolve: Api['resolve'] = async ({ reference }) => ({
  value: `<${reference}>`,
  encoding: 'utf8',
  metadata,
});

describe('resolveAll', () => {
  test('replaces whole strings that are references, however deep, and leaves the record as it was', async () => {
    const date = new Date(0);
    const record = {
      plain: 'value',
      inside: 'Bearer auth://a/b/token',
      token: 'auth://github/work/token',
      deep: [{ list: ['secret://a', 1, null, true, undefined, ['env://X']] }],
      outside: ['vals:ref+echo://x', 'ref+echo://y'],
      date,
    };
    const before = structuredClone(record);
    expect(await resolveAll(resolve, record)).toEqual({
      plain: 'value',
      inside: 'Bearer auth://a/b/token',
      token: '<auth://github/work/token>',
      deep: [{ list: ['<secret://a>', 1, null, true, undefined, ['<env://X>']] }],
      outside: ['<vals:ref+echo://x>', '<ref+echo://y>'],
      date,
    });
    expect(record).toEqual(before);
  });

  test('a record of any depth, with cycles and odd names', async () => {
    const deep: Record<string, unknown> = {};
    let innermost = deep;
    for (let depth = 0; depth < 50_000; depth++) {
      const next = {};
      innermost['next'] = next;
      innermost = next;
    }
    innermost['key'] = 'secret://deep';
    innermost['top'] = deep;
    let found = await resolveAll(resolve, deep);
    const top = found;
    while ('next' in found) found = found['next'] as Record<string, unknown>;
    expect(found['key']).toBe('<secret://deep>');
    expect(found['top'] === top).toBe(true);

    const odd: object = JSON.parse('{"__proto__": {"polluted": "secret://x"}}');
    const copy = await resolveAll(resolve, odd);
    expect(JSON.stringify(copy)).toBe('{"__proto__":{"polluted":"<secret://x>"}}');
    expect(Object.getPrototypeOf(copy)).toBe(Object.prototype);
  });

  test('at most 32 are asked for at a time, and each reference once', async () => {
    let underWay = 0;
    let most = 0;
    const asked: string[] = [];
    const slow: Api['resolve'] = async (params) => {
      asked.push(params.reference);
      underWay += 1;
      most = Math.max(most, underWay);
      await new Promise(setImmediate);
      underWay -= 1;
      return resolve(params);
    };
    const record = Array.from({ length: 1000 }, (_, index) => `secret://key-${index % 500}`);
    const resolved = await resolveAll(slow, record);
    expect(resolved[999]).toBe('<secret://key-499>');
    expect(most).toBe(32);
    expect(new Set(asked).size).toBe(asked.length);
    expect(asked).toHaveLength(500);
  });

  const failing =
    (kind: 'not_found' | 'vault_locked'): Api['resolve'] =>
    async (params) => {
      if (params.reference === 'secret://bad')
        throw new SigilforgeError(kind, 'No such thing.', { hint: 'Do.' });
      return resolve(params);
    };

  test('a failure names path and reference, in the kind of the first error, and ends the rest', async () => {
    let asked = 0;
    const counting: Api['resolve'] = (params) => {
      asked += 1;
      return failing('vault_locked')(params);
    };
    const record = {
      'odd name': [{ x: { password: 'secret://bad' } }],
      more: [[[[[manyReferences(1000)]]]]],
    };
    await expect(resolveAll(counting, record)).rejects.toMatchObject({
      kind: 'vault_locked',
      message: '["odd name"][0].x.password (secret://bad): No such thing.',
      hint: 'Do.',
    });
    await new Promise(setImmediate);
    expect(asked).toBeLessThan(100);
  });

  test('what looks like a reference and is not one is an error that does not repeat it', async () => {
    const strict: Api['resolve'] = async () => {
      throw new SigilforgeError('invalid_reference', 'This is not a reference.');
    };
    for (const text of ['secret:///canary', 'auth://canary', 'ref+canary', 'env://=canary']) {
      await expect(resolveAll(strict, { key: text })).rejects.toMatchObject({
        kind: 'invalid_reference',
        message: 'key: This is not a reference.',
      });
    }
  });

  test('bytes that are not text do not become something else', async () => {
    const binary: Api['resolve'] = async () => ({ value: '/wA=', encoding: 'base64', metadata });
    await expect(resolveAll(binary, { a: 'secret://key' })).rejects.toMatchObject({
      kind: 'invalid_reference',
      message: 'a: This value is not UTF-8 text.',
    });
  });
});

function manyReferences(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `secret://many-${index}`);
}

describe('withEnv', () => {
  test('is the inherited environment and the record over it, references resolved', async () => {
    const env = {
      PATH: '/bin',
      TOKEN: 'auth://github/work/token',
      GONE: 'x',
      OTHER: 'env://PATH',
      REF: 'ref+echo://x',
      REPLACED: 'secret://not-asked-for',
    };
    const record = {
      KEY: 'secret://key',
      COPY: 'env://PATH',
      OUTSIDE: 'ref+echo://y',
      GONE: undefined,
      REPLACED: 'r',
    };
    const asked: string[] = [];
    const noting: Api['resolve'] = (params) => {
      asked.push(params.reference);
      return resolve(params);
    };
    expect(await withEnv(noting, record, env)).toEqual({
      PATH: '/bin',
      TOKEN: '<auth://github/work/token>',
      OTHER: 'env://PATH',
      REF: 'ref+echo://x',
      KEY: '<secret://key>',
      COPY: '<env://PATH>',
      OUTSIDE: '<ref+echo://y>',
      REPLACED: 'r',
    });
    expect(asked).not.toContain('secret://not-asked-for');
  });

  test('a zero byte and an invalid name are refused, without the value', async () => {
    const zero: Api['resolve'] = async () => ({ value: 'canary\0', encoding: 'utf8', metadata });
    const error = await withEnv(zero, { KEY: 'secret://x' }, {}).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ kind: 'invalid_params', message: expect.stringContaining('KEY') });
    expect(String(error)).not.toContain('canary');
    await expect(withEnv(resolve, { 'A=B': 'x' }, {})).rejects.toMatchObject({ kind: 'invalid_params' });
    await expect(withEnv(resolve, { '': 'x' }, {})).rejects.toMatchObject({ kind: 'invalid_params' });
  });
});
