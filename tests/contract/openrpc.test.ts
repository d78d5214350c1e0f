import openRpcSchema from '@open-rpc/meta-schema';
import { Ajv } from 'ajv';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { connect } from '../../client/index.js';
import { openRpcDocument } from '../../daemon/handlers/openrpc.js';
import { createLocalApi } from '../../daemon/library/api.js';
import { contract, type MethodName, methodNames } from '../../shared/contract/index.js';
import { errorTable } from '../../shared/errors.js';
import { VERSION } from '../../shared/version.js';
import { createSandbox } from '../support/start/sandbox.js';
import { stopAfter } from '../support/start/stop-after.js';

interface Parameter {
  readonly name: string;
  readonly required: boolean;
  readonly schema: object;
}

interface Method {
  readonly name: string;
  readonly summary: string;
  readonly params: readonly Parameter[];
  readonly result: { readonly name: string; readonly schema: object };
}

const document = await openRpcDocument();
const methods = document['methods'] as readonly Method[];
const ajv = new Ajv({ strict: true, allErrors: true, strictTypes: false, validateFormats: false });

function methodNamed(name: MethodName): Method {
  const found = methods.find((method) => method.name === name);
  if (found === undefined) throw new Error(`The document has no ${name}.`);
  return found;
}

test('is valid by the meta-schema of OpenRPC', () => {
  const { $schema: _, ...schema } = openRpcSchema as { $schema: string };
  const openRpc = new Ajv({ strict: false, allErrors: true, validateFormats: false });
  // What OpenRPC refers to for JSON Schema is draft 07 under another name.
  const jsonSchema = {
    allOf: [{ $ref: 'http://json-schema.org/draft-07/schema#' }],
    definitions: { JSONSchemaObject: { properties: { $ref: { type: 'string' } } } },
  };
  for (const name of ['https://meta.json-schema.tools', 'https://meta.json-schema.tools/']) {
    openRpc.addSchema(jsonSchema, name);
  }
  const isValid = openRpc.compile(schema);
  expect(isValid(document), JSON.stringify(isValid.errors)).toBe(true);
  expect(isValid({ ...document, methods: [{ name: 'no params' }] })).toBe(false);
  expect(
    isValid({ ...document, methods: [{ ...methods[0], result: { name: 'x', schema: { type: 4 } } }] }),
  ).toBe(false);
});

test('names the version, every method, and every error with its code and hint', () => {
  expect(document).toMatchObject({ openrpc: '1.3.2', info: { title: 'Sigilforge', version: VERSION } });
  expect(methods.map(({ name }) => name)).toEqual(methodNames);
  const { errors } = document['components'] as { errors: object };
  expect(errors).toEqual(
    Object.fromEntries(
      Object.entries(errorTable).map(([kind, { code, hint }]) => [
        kind,
        { code, message: kind, data: { kind, hint } },
      ]),
    ),
  );
});

describe.each(methodNames)('%s', (name) => {
  test('has its parameters in the order in which they are taken by position', () => {
    const { params, summary } = methodNamed(name);
    expect(params.map((param) => param.name)).toEqual(Object.keys(contract[name].params.entries));
    expect(summary).toBe(contract[name].summary);
    // OpenRPC: those that are optional come last.
    const required = params.map((param) => param.required);
    expect(required).toEqual([...required].sort((a, b) => Number(b) - Number(a)));
  });

  test('has schemas that a validator takes', () => {
    const { params, result } = methodNamed(name);
    for (const schema of [result.schema, ...params.map((param) => param.schema)]) {
      expect(() => ajv.compile(schema)).not.toThrow();
    }
  });
});

test('its schemas take what the contract takes, and refuse what it refuses', () => {
  const check = (name: MethodName, param: string, value: unknown) => {
    const found = methodNamed(name).params.find((each) => each.name === param);
    return ajv.validate(found?.schema ?? {}, value);
  };
  expect(check('get_token', 'service', 'github')).toBe(true);
  expect(check('get_token', 'service', 'no such/name')).toBe(false);
  expect(check('get_token', 'min_valid_s', 300)).toBe(true);
  expect(check('get_token', 'min_valid_s', -1)).toBe(false);
  expect(check('get_token', 'min_valid_s', 'canary')).toBe(false);
  expect(check('add_account', 'flow', 'device_code')).toBe(true);
  expect(check('add_account', 'flow', 'canary')).toBe(false);
  expect(check('add_account', 'credential', { api_key: 'a key' })).toBe(true);
  expect(check('add_account', 'credential', { api_key: 'a key', other: 1 })).toBe(false);
  expect(check('subscribe', 'topics', [])).toBe(false);
});

test('is the same from the daemon and from the library, and its results fit it', async () => {
  const sandbox = await stopAfter(createSandbox());
  const { socket } = await sandbox.startDaemon();
  const client = await connect({ socket });
  onTestFinished(() => client.close());
  const local = await (async () => {
    vi.stubEnv('SIGILFORGE_HOME', sandbox.home);
    onTestFinished(() => void vi.unstubAllEnvs());
    return createLocalApi();
  })();
  onTestFinished(() => local.close());
  expect(await client.rpcDiscover()).toEqual(JSON.parse(JSON.stringify(document)));
  expect(await local.rpcDiscover()).toEqual(document);

  await client.addAccount({ service: 'example', account: 'one', credential: { api_key: 'a key' } });
  const answers: [MethodName, unknown][] = [
    ['status', await client.status()],
    ['list_providers', await client.listProviders()],
    ['get_provider', await client.getProvider({ id: 'github' })],
    ['list_accounts', await client.listAccounts()],
    ['get_token', await client.getToken({ service: 'example', account: 'one' })],
    ['token_info', await client.tokenInfo({ service: 'example', account: 'one' })],
    ['resolve', await client.resolve({ reference: 'auth://example/one/api_key' })],
    ['accounts_status', await client.accountsStatus()],
  ];
  for (const [name, answer] of answers) {
    expect(ajv.validate(methodNamed(name).result.schema, answer), `${name}: ${ajv.errorsText()}`).toBe(true);
  }
});
