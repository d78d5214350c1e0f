import { toJsonSchema } from '@valibot/to-json-schema';
import { EVERY_METHOD, type RfcSection } from '../../shared/contract/docs/index.js';
import { type ErrorKind, errorTable } from '../../shared/errors.js';
import { VERSION } from '../../shared/version.js';
import {
  type Field,
  type MethodModel,
  methodModels,
  pascal,
  type Shape,
  type TypeModel,
  typeModels,
} from './model.js';

/** Whether a schema is of what a caller sends or of what it gets. */
type Direction = 'input' | 'output';
type Json = Record<string, unknown>;

/** Types that only callers send. */
const SENT = new Set(['Credential']);

/**
 * The contract as an OpenRPC 1.3 document (spec.open-rpc.org). `rpc.discover` answers with it and is not a part of it,
 * because generators of clients take their own.
 */
export function openRpcDocument(): Json {
  return {
    openrpc: '1.3.2',
    info: {
      title: 'Sigilforge',
      version: VERSION,
      description: 'JSON-RPC 2.0 over a Unix socket or a named pipe, one JSON value a line.',
      license: { name: 'MIT', url: 'https://spdx.org/licenses/MIT.html' },
    },
    methods: methodModels()
      .filter(({ name }) => name !== 'rpc.discover')
      .map(methodOf),
    components: {
      schemas: Object.fromEntries(typeModels().map((type) => [type.name, typeOf(type)])),
      errors: Object.fromEntries(
        Object.entries(errorTable).map(([kind, { code, hint }]) => [
          kind,
          { code, message: kind, data: { kind, hint } },
        ]),
      ),
    },
  };
}

/** `daemon_unavailable` is an error of clients only. */
export function wireErrors({ errors }: MethodModel): ErrorKind[] {
  return [...errors, ...EVERY_METHOD].filter((kind) => kind !== 'daemon_unavailable');
}

function methodOf(method: MethodModel): Json {
  const { name, summary, params, result, example, rfcs } = method;
  const title = pascal(name);
  const values = example.params as Json;
  return {
    name,
    summary,
    ...(rfcs.length > 0 ? { description: `${summary} See ${rfcs.map(rfcName).join('; ')}.` } : {}),
    paramStructure: 'either',
    params: params.map((param) => ({
      name: param.name,
      summary: param.text,
      description: param.text,
      required: param.required,
      schema: withDefault(entryOf(param, 'input', `${title}Params${pascal(param.name)}`), param),
    })),
    result: {
      name: `${name}_result`,
      summary: result.text,
      description: result.text,
      schema: schemaOf(result.shape, 'output', `${title}Result`),
    },
    errors: wireErrors(method).map((kind) => ({ $ref: `#/components/errors/${kind}` })),
    examples: [
      {
        name: `${name}_example`,
        description: summary,
        params: params
          .filter((param) => Object.hasOwn(values, param.name))
          .map((param) => ({ name: param.name, value: values[param.name] })),
        result: { name: `${name}_result`, value: example.result },
      },
    ],
  };
}

export function rfcName([rfc, section]: RfcSection): string {
  return `RFC ${rfc}, section ${section}`;
}

function typeOf({ name, text, shape, values }: TypeModel): Json {
  const listed = Object.entries(values).map(([value, meaning]) => ` \`${value}\`: ${meaning}`);
  return {
    ...schemaOf(shape, SENT.has(name) ? 'input' : 'output', name),
    title: name,
    description: text + listed.join(''),
  };
}

function schemaOf(shape: Shape, direction: Direction, title: string): Json {
  switch (shape.kind) {
    case 'named':
      return { $ref: `#/components/schemas/${shape.name}` };
    case 'nullable':
      return {
        title,
        oneOf: [schemaOf(shape.of, direction, `${title}Value`), { title: 'Null', type: 'null' }],
      };
    case 'list':
      return {
        title,
        ...plain(shape.schema, direction),
        items: schemaOf(shape.of, direction, `${title}Item`),
      };
    case 'object':
      return { title, ...objectOf(shape, direction, title) };
    case 'union':
      return {
        title,
        oneOf: shape.members.map((member) => ({
          ...schemaOf(member.shape, direction, `${title}${pascal(member.name)}`),
          description: member.text,
        })),
      };
    case 'choice':
      return { title, ...choiceOf(shape.values) };
    case 'map':
      return { title, ...mapOf(plain(shape.schema, direction), title) };
    case 'string':
    case 'number':
    case 'boolean':
      return { title, ...plain(shape.schema, direction) };
    case 'unknown':
      return { title };
  }
}

/** What a caller may leave out may also be `null`. */
function entryOf({ shape, required }: Field, direction: Direction, title: string): Json {
  const mayBeNull =
    direction === 'input' && !required && shape.kind !== 'nullable' && shape.kind !== 'unknown';
  return schemaOf(mayBeNull ? { kind: 'nullable', of: shape } : shape, direction, title);
}

function objectOf(
  { fields, strict }: { fields: readonly Field[]; strict: boolean },
  direction: Direction,
  title: string,
): Json {
  const isThere = (field: Field) =>
    field.required || (direction === 'output' && field.fallback !== undefined);
  return {
    type: 'object',
    properties: Object.fromEntries(
      fields.map((field) => [field.name, fieldOf(field, direction, `${title}${pascal(field.name)}`)]),
    ),
    required: fields.filter(isThere).map(({ name }) => name),
    ...(strict ? { additionalProperties: false } : {}),
  };
}

/**
 * What stands beside `$ref` is for readers: a validator of the draft that OpenRPC refers to ignores it. `allOf` around it
 * would be heard, but generators make a type without a name of that, or none at all.
 */
function fieldOf(field: Field, direction: Direction, title: string): Json {
  return { ...withDefault(entryOf(field, direction, title), field), description: field.text };
}

function withDefault(schema: Json, { fallback }: Field): Json {
  return fallback === undefined ? schema : { ...schema, default: fallback };
}

/** Generators make names of the values of an enum, which is nothing for a space or a comma. */
function choiceOf(values: readonly string[]): Json {
  return values.every((value) => /^\w+$/.test(value))
    ? { type: 'string', enum: values }
    : { type: 'string', pattern: `^(?:${values.join('|')})$` };
}

/** Names and values of a map have titles too. */
function mapOf({ propertyNames, additionalProperties, ...rest }: Json, title: string): Json {
  const titled = (schema: unknown, part: string) => ({ title: `${title}${part}`, ...(schema as Json) });
  return {
    ...rest,
    propertyNames: titled(propertyNames, 'Name'),
    additionalProperties: titled(additionalProperties, 'Value'),
  };
}

function plain(schema: Parameters<typeof toJsonSchema>[0], typeMode: Direction): Json {
  const { $schema, ...rest } = toJsonSchema(schema, { errorMode: 'ignore', typeMode });
  return rest;
}
