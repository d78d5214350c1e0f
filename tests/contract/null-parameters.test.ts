import type * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import type { Handlers } from '../../daemon/handlers/handlers.js';
import { checkParams } from '../../shared/contract/check-params.js';
import { methodTexts } from '../../shared/contract/docs/index.js';
import { contract, type MethodName, methodNames } from '../../shared/contract/index.js';
import { backends } from '../support/start/backends.js';
import { serveStub } from '../support/start/served.js';
import { stopAfter } from '../support/start/stop-after.js';
import { stubHandlers } from '../support/start/stub-handlers.js';
import { WireClient } from '../support/wire/wire-client.js';

/** A client of a server whose handlers answer with the parameters that they were given. */
async function echo(): Promise<WireClient> {
  const handlers = methodNames.map((name) => [name, (params: object) => params]);
  const served = await stopAfter(serveStub({ handlers: Object.fromEntries(handlers) as Partial<Handlers> }));
  return stopAfter(WireClient.connect(served.socket));
}

const entriesOf = (name: MethodName) => Object.entries(contract[name].params.entries);
const isOptional = (entry: { readonly type: string }) => entry.type === 'optional';

/** Whether `null` is a value of its own: that which is stored may be any JSON value. */
const takesNull = (entry: v.GenericSchema | undefined) => entry?.type === 'unknown';

/** The parameters of the method's example that may not be left out. */
function requiredParams(name: MethodName): Record<string, unknown> {
  const example: Record<string, unknown> = { ...methodTexts[name].example.params };
  const required = entriesOf(name).filter(([, entry]) => !isOptional(entry));
  return Object.fromEntries(required.map(([param]) => [param, example[param]]));
}

const withParams = methodNames.filter((name) => entriesOf(name).length > 0);
const optionalOf = (name: MethodName) =>
  entriesOf(name).flatMap(([param, entry]) => (isOptional(entry) ? [param] : []));

test('every method has its stub, and many have optional parameters', () => {
  expect(Object.keys(stubHandlers())).toEqual(expect.arrayContaining([...methodNames]));
  expect(methodNames.flatMap(optionalOf).length).toBeGreaterThan(40);
});

describe.each(withParams)('%s', (name) => {
  test('takes null for what may be left out, by name and by position', async () => {
    const client = await echo();
    const required = requiredParams(name);
    const left = await client.call(name, required);
    expect(left).toHaveProperty('result');
    const nulls = Object.fromEntries(optionalOf(name).map((param) => [param, null]));
    for (const [param, value] of Object.entries(nulls)) {
      expect(await client.call(name, { ...required, [param]: value }), param).toEqual(left);
    }
    expect(await client.call(name, { ...required, ...nulls })).toEqual(left);
    const positions = entriesOf(name).map(([param]) => required[param] ?? null);
    expect(await client.call(name, positions)).toEqual(left);
  });

  test('says that a parameter is missing where it must be there and is null', async () => {
    const client = await echo();
    const required = requiredParams(name);
    const entries: v.ObjectEntries = contract[name].params.entries;
    for (const param of Object.keys(required).filter((each) => !takesNull(entries[each]))) {
      const message = `${name}: ${param} is missing.`;
      const byName = await client.call(name, { ...required, [param]: null });
      expect(byName.error).toMatchObject({ code: -32602, message });
      const positions = entriesOf(name).map(([each]) => (each === param ? null : (required[each] ?? null)));
      expect((await client.call(name, positions)).error).toMatchObject({ code: -32602, message });
    }
  });

  test('refuses a parameter that it does not know, though it is null', async () => {
    const client = await echo();
    const required = requiredParams(name);
    for (const unknown of ['colour', 'constructor']) {
      const { error } = await client.call(name, { ...required, [unknown]: null });
      expect(error?.message).toBe(`${name}: ${unknown} is not known.`);
    }
    const tooMany = [...entriesOf(name).map(([param]) => required[param] ?? null), null];
    expect((await client.call(name, tooMany)).error).toMatchObject({ code: -32602 });
  });
});

describe('parameters as a whole', () => {
  test.each([
    ['no key', {}],
    ['null', { params: null }],
    ['an empty object', { params: {} }],
    ['an empty array', { params: [] }],
  ])('%s: nothing is given', async (_, params) => {
    const client = await echo();
    expect(await client.ask({ jsonrpc: '2.0', id: null, method: 'list_secrets', ...params })).toEqual({
      jsonrpc: '2.0',
      id: null,
      result: {},
    });
    const { error } = await client.ask({ jsonrpc: '2.0', id: 7, method: 'get_account', ...params });
    expect(error).toMatchObject({ code: -32602, message: 'get_account: service is missing.' });
  });

  test('null in a batch, and in a notification', async () => {
    const client = await echo();
    const call = { jsonrpc: '2.0', method: 'list_secrets', params: null };
    expect(await client.ask([call, { ...call, id: 1 }])).toEqual([{ jsonrpc: '2.0', id: 1, result: {} }]);
  });
});

describe('objects inside', () => {
  const account = { service: 'example', account: 'work' };

  test.each([
    [
      'a credential',
      { private_key: 'k', key_id: null, issuer: null, subject: 's' },
      { private_key: 'k', subject: 's' },
    ],
    [
      'a credential with the fields of all',
      { api_key: 'k', refresh_token: null, key_id: null },
      { api_key: 'k' },
    ],
  ])('%s', (_, credential, kept) => {
    const checked = checkParams('add_account', { ...account, credential });
    expect(checked).toMatchObject({ ...account, credential: kept });
    expect(checked.credential).toEqual(kept);
  });

  test('a credential with a field that no credential has, or without the one that it needs', () => {
    for (const credential of [
      { api_key: 'k', colour: null },
      { api_key: null },
      { app_id: '1', private_key: 'k' },
    ]) {
      expect(() => checkParams('add_account', { ...account, credential })).toThrow(
        expect.objectContaining({ kind: 'invalid_params' }),
      );
    }
  });

  test('parameters for a provider', () => {
    const params = { audience: 'https://api.example.org', prompt: null };
    expect(checkParams('add_account', { ...account, params }).params).toEqual({
      audience: 'https://api.example.org',
    });
  });

  test('null in the objects of a list', () => {
    const secrets = [{ name: 'API_KEY', description: null, obtain: null }, { name: 'USER' }];
    expect(checkParams('request_secret', { secrets }).secrets).toEqual([
      { name: 'API_KEY', description: '' },
      { name: 'USER', description: '' },
    ]);
    expect(() => checkParams('request_secret', { secrets: [null] })).toThrow();
  });

  test('null within any JSON value, and as one', () => {
    const run = { name: 'weather', args: { city: null, more: [null, { deep: null }] } };
    expect(checkParams('run_capability', run).args).toEqual(run.args);
    expect(checkParams('run_capability', { name: 'weather', args: null }).args).toBeUndefined();
    expect(checkParams('storage_set', { key: 'last', value: null }).value).toBeNull();
    expect(checkParams('storage_set', { key: 'last', value: { a: null } }).value).toEqual({ a: null });
  });

  test('null stays where it is a value: what is not known of refresh tokens, or has no field', () => {
    const given = {
      id: 'example',
      refresh: { issued: null, rotates: 'never', lifetime_s: null },
      revocation: { endpoint: 'https://id.example.org/revoke', field: null, method: null },
    };
    expect(checkParams('set_provider', given)).toEqual({
      id: 'example',
      refresh: { rotates: 'never', lifetime_s: null },
      revocation: { endpoint: 'https://id.example.org/revoke', field: null },
      unset: [],
    });
  });
});

describe.each(backends)('through the client library, by $name', ({ start }) => {
  test('null is left out', async () => {
    const { api } = await stopAfter(start());
    await api.addAccount({
      service: 'plain',
      account: 'key',
      scopes: null,
      flow: null,
      replace: null,
      credential: { api_key: 'an api key' },
      params: null,
    });
    expect((await api.listAccounts({ service: null })).accounts).toHaveLength(1);
    expect((await api.listSecrets({ prefix: null, cursor: null })).secrets).toEqual([]);
    const asked = { service: 'plain', account: 'key', min_valid_s: null, rejected_token: null };
    expect(await api.getToken(asked)).toMatchObject({ access_token: 'an api key' });
    const resolved = await api.resolve({ reference: 'auth://plain/key/api_key', explain: null });
    expect(resolved.value).toBe('an api key');
  });
});
