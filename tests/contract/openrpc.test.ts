import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import openRpcSchema from '@open-rpc/meta-schema';
import { Ajv } from 'ajv';
import * as v from 'valibot';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { connect } from '../../client/index.js';
import { openRpcDocument, readDocument } from '../../daemon/handlers/openrpc.js';
import { createLocalApi } from '../../daemon/library/api.js';
import { contract, type MethodName, methodNames } from '../../shared/contract/index.js';
import { errorTable } from '../../shared/errors.js';
import { isRecord } from '../../shared/json.js';
import { VERSION } from '../../shared/version.js';
import { methodModels } from '../build/model.js';
import { openRpcDocument as generated, wireErrors } from '../build/openrpc.js';
import { createSandbox } from '../support/start/sandbox.js';
import { stopAfter } from '../support/start/stop-after.js';

interface Parameter {
  readonly name: string;
  readonly description: string;
  readonly required: boolean;
  readonly schema: object;
}

interface Method {
  readonly name: string;
  readonly summary: string;
  readonly params: readonly Parameter[];
  readonly result: { readonly name: string; readonly description: string; readonly schema: object };
  readonly errors: readonly { readonly $ref: string }[];
  readonly examples: readonly Example[];
}

interface Example {
  readonly params: readonly { readonly name: string; readonly value: unknown }[];
  readonly result: { readonly value: unknown };
}

const document = await openRpcDocument();
const methods = document['methods'] as readonly Method[];
const ajv = new Ajv({ strict: true, allErrors: true, strictTypes: false, validateFormats: false });

/** A schema of the document by itself: its references name what the validator knows. */
function standingAlone(schema: object): object {
  return JSON.parse(JSON.stringify(schema).replaceAll('"#/components/schemas/', '"'));
}

const { schemas } = document['components'] as { schemas: Readonly<Record<string, object>> };
for (const [name, schema] of Object.entries(schemas)) ajv.addSchema(standingAlone(schema), name);

/** Every method but the one that the document is the answer of. */
const described = methodNames.filter((name) => name !== 'rpc.discover');

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
  expect(methods.map(({ name }) => name)).toEqual(described);
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

describe.each(described)('%s', (name) => {
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
      expect(() => ajv.compile(standingAlone(schema))).not.toThrow();
    }
  });

  test('says which errors it may answer, as references', () => {
    const { errors } = document['components'] as { errors: object };
    const kinds = methodNamed(name).errors.map(({ $ref }) => $ref.replace('#/components/errors/', ''));
    const model = methodModels().find((each) => each.name === name);
    expect(kinds).toEqual(model && wireErrors(model));
    expect(Object.keys(errors)).toEqual(expect.arrayContaining(kinds));
    expect(new Set(kinds).size).toBe(kinds.length);
  });

  test('has an example that is valid by its schemas and by the contract', () => {
    const { params, result, examples } = methodNamed(name);
    expect(examples).toHaveLength(1);
    for (const example of examples) {
      for (const given of example.params) {
        const { schema = false } = params.find((param) => param.name === given.name) ?? {};
        expect(ajv.validate(schema && standingAlone(schema), given.value), ajv.errorsText()).toBe(true);
      }
      expect(ajv.validate(standingAlone(result.schema), example.result.value), ajv.errorsText()).toBe(true);
      const given = Object.fromEntries(example.params.map((param) => [param.name, param.value]));
      expect(v.safeParse(contract[name].params, given).issues).toBeUndefined();
      expect(v.safeParse(contract[name].result, example.result.value).issues).toBeUndefined();
    }
  });
});

test('its schemas take what the contract takes, and refuse what it refuses', () => {
  const check = (name: MethodName, param: string, value: unknown) => {
    const found = methodNamed(name).params.find((each) => each.name === param);
    return ajv.validate(standingAlone(found?.schema ?? {}), value);
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
  for (const value of [' ', ',', '; ', null])
    expect(check('set_provider', 'scope_separator', value)).toBe(true);
  for (const value of ['', '    ', 'a']) expect(check('set_provider', 'scope_separator', value)).toBe(false);
});

test('is what the build makes of the contract now', () => {
  expect(document, 'npm run build').toEqual(JSON.parse(JSON.stringify(generated())));
});

test('says so if the file is missing or damaged', async () => {
  const { home } = await stopAfter(createSandbox());
  const file = path.join(home, 'openrpc.json');
  const fault = { kind: 'incompatible', message: `${file} is missing or damaged.` };
  await expect(readDocument(file)).rejects.toMatchObject(fault);
  await writeFile(file, '{"openrpc"');
  await expect(readDocument(file)).rejects.toMatchObject(fault);
  await writeFile(file, '{"openrpc":"1.3.2"}');
  expect(await readDocument(file)).toEqual({ openrpc: '1.3.2' });
});

test('names everything that a generator makes a type of, each name once', () => {
  const titles: string[] = [];
  const untitled: string[] = [];
  const visit = (value: unknown, where: string): void => {
    if (!isRecord(value) || '$ref' in value) return;
    const { title, items, properties = {}, oneOf = [], propertyNames, additionalProperties } = value;
    if (typeof title !== 'string') untitled.push(where);
    else if (title !== 'Null') titles.push(title);
    visit(items, `${where}[]`);
    for (const [name, property] of Object.entries(properties as object)) visit(property, `${where}.${name}`);
    for (const member of oneOf as unknown[]) visit(member, `${where}|`);
    for (const inner of [propertyNames, additionalProperties]) visit(inner, `${where}{}`);
  };
  for (const [name, schema] of Object.entries(schemas)) visit(schema, name);
  for (const { name, params, result } of methods) {
    for (const param of params) visit(param.schema, `${name}.${param.name}`);
    visit(result.schema, name);
  }
  expect(untitled).toEqual([]);
  expect(titles.filter((title, index) => titles.indexOf(title) !== index)).toEqual([]);
  expect(titles.length).toBeGreaterThan(150);
});

test('leaves nothing without a description', () => {
  const bare: string[] = [];
  const visit = (value: unknown, where: string): void => {
    if (!isRecord(value)) return;
    if (typeof value['description'] !== 'string' || value['description'] === '') bare.push(where);
    const { properties = {}, items, oneOf = [] } = value;
    for (const [name, property] of Object.entries(properties as object)) visit(property, `${where}.${name}`);
    for (const inner of [items, ...(oneOf as unknown[])]) {
      if (isRecord(inner) && 'properties' in inner) visit({ description: 'the list', ...inner }, where);
    }
  };
  for (const [name, schema] of Object.entries(schemas)) visit(schema, name);
  for (const { name, params, result } of methods) {
    for (const param of params)
      visit({ ...param.schema, description: param.description }, `${name}(${param.name})`);
    visit({ ...result.schema, description: result.description }, `${name} result`);
  }
  expect(bare).toEqual([]);
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
    const { schema } = methodNamed(name).result;
    expect(ajv.validate(standingAlone(schema), answer), `${name}: ${ajv.errorsText()}`).toBe(true);
  }
});
