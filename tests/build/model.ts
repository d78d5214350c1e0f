import type * as v from 'valibot';
import { EVERY_METHOD, methodTexts, namedTypes, type RfcSection } from '../../shared/contract/docs/index.js';
import { camelCase, contract, type MethodName, methodNames } from '../../shared/contract/index.js';
import type { AnySchema } from '../../shared/contract/types.js';
import type { ErrorKind } from '../../shared/errors.js';

// The contract and its texts as one tree, which every generated document is written from.

export type Shape =
  /** A type of `components`, by its name. */
  | { readonly kind: 'named'; readonly name: string }
  | { readonly kind: 'object'; readonly fields: readonly Field[]; readonly strict: boolean }
  | { readonly kind: 'union'; readonly members: readonly Member[] }
  | { readonly kind: 'list'; readonly of: Shape; readonly schema: v.GenericSchema }
  | { readonly kind: 'nullable'; readonly of: Shape }
  | { readonly kind: 'choice'; readonly values: readonly string[] }
  | { readonly kind: 'map'; readonly of: 'string' | 'unknown'; readonly schema: v.GenericSchema }
  | { readonly kind: 'string' | 'number' | 'boolean'; readonly schema: v.GenericSchema }
  /** Any JSON value. */
  | { readonly kind: 'unknown' };

/** One of several shapes, known by the name of its first field, or by what tells it apart. */
interface Member {
  readonly name: string;
  readonly text: string;
  readonly shape: Shape;
}

export interface Field {
  readonly name: string;
  readonly text: string;
  readonly shape: Shape;
  readonly required: boolean;
  readonly fallback: unknown;
}

export interface TypeModel {
  readonly name: string;
  readonly text: string;
  readonly shape: Shape;
  /** A text for each value of a choice. */
  readonly values: Readonly<Record<string, string>>;
}

export interface MethodModel {
  readonly name: MethodName;
  /** The method of the client, such as `getToken`. */
  readonly call: string;
  readonly summary: string;
  readonly params: readonly Field[];
  readonly result: { readonly text: string; readonly shape: Shape };
  readonly errors: readonly ErrorKind[];
  readonly example: { readonly params: object; readonly result: unknown };
  readonly rfcs: readonly RfcSection[];
}

const nameOf = new Map(Object.entries(namedTypes).map(([name, { schema }]) => [schema, name]));

/** Every method, in the order of the contract. */
export function methodModels(): MethodModel[] {
  return methodNames.map((name) => {
    const { summary, params, result } = contract[name];
    const { errors, example, rfcs = [], ...texts }: Texts = methodTexts[name];
    return {
      name,
      call: camelCase(name),
      summary,
      params: fieldsOf(params as AnySchema, texts.params, `${name} params`),
      result: documented(result, texts.result, `${name} result`),
      errors: [...new Set(errors)].filter((kind) => !EVERY_METHOD.includes(kind)),
      example,
      rfcs,
    };
  });
}

interface Texts {
  readonly params: Readonly<Record<string, unknown>>;
  readonly result: unknown;
  readonly errors: readonly ErrorKind[];
  readonly example: { readonly params: object; readonly result: unknown };
  readonly rfcs?: readonly RfcSection[];
}

/** Every type with a name, sorted by it. */
export function typeModels(): TypeModel[] {
  return Object.entries(namedTypes)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, { schema, text, parts }]) => {
      const own = schema as AnySchema;
      const shape = bareShape(own, parts, name);
      if (shape.kind === 'choice') assertSame(Object.keys(parts), shape.values, name);
      return { name, text, shape, values: shape.kind === 'choice' ? (parts as Record<string, string>) : {} };
    });
}

function fieldsOf(schema: AnySchema, texts: Readonly<Record<string, unknown>>, where: string): Field[] {
  const entries = Object.entries(schema.entries ?? {});
  assertSame(
    Object.keys(texts),
    entries.map(([name]) => name),
    where,
  );
  return entries.map(([name, entry]) => {
    const isOptional = entry.type === 'optional';
    const inner = isOptional ? (entry.wrapped ?? entry) : entry;
    return {
      name,
      ...documented(inner, texts[name], `${where}.${name}`),
      required: !isOptional,
      fallback: isOptional ? entry.default : undefined,
    };
  });
}

/** A text that is a sentence, or a sentence with texts for the fields inside. */
function documented(schema: v.GenericSchema, text: unknown, where: string): { text: string; shape: Shape } {
  if (typeof text === 'string') return { text: sentence(text, where), shape: shapeOf(schema, {}, where) };
  const nested = text as { text: string; fields: Record<string, unknown> } | undefined;
  if (nested === undefined) throw new Error(`${where} has no text.`);
  return { text: sentence(nested.text, where), shape: shapeOf(schema, nested.fields, where) };
}

function sentence(text: string, where: string): string {
  if (/^[A-Z`].*[.)]$/s.test(text)) return text;
  throw new Error(`${where}: "${text}" is not a sentence.`);
}

function shapeOf(schema: AnySchema, fields: Readonly<Record<string, unknown>>, where: string): Shape {
  const name = nameOf.get(schema);
  return name === undefined ? bareShape(schema, fields, where) : { kind: 'named', name };
}

function bareShape(schema: AnySchema, parts: Readonly<Record<string, unknown>>, where: string): Shape {
  switch (schema.type) {
    case 'optional':
    case 'nullable': {
      const of = shapeOf(schema.wrapped ?? schema, parts, where);
      return schema.type === 'nullable' ? { kind: 'nullable', of } : of;
    }
    case 'array':
      return { kind: 'list', of: shapeOf(schema.item ?? schema, parts, where), schema };
    case 'object':
    case 'strict_object':
      return {
        kind: 'object',
        strict: schema.type === 'strict_object',
        fields: fieldsOf(schema, parts, where),
      };
    case 'union':
      return { kind: 'union', members: membersOf(schema, parts, where) };
    case 'variant':
      return { kind: 'union', members: variantsOf(schema, parts, where) };
    case 'picklist':
      return { kind: 'choice', values: schema.options as readonly string[] };
    case 'literal':
      return { kind: 'choice', values: [String(schema.literal)] };
    case 'record':
      return { kind: 'map', of: schema.value?.type === 'string' ? 'string' : 'unknown', schema };
    case 'string':
    case 'number':
    case 'boolean':
      return { kind: schema.type, schema };
    case 'unknown':
      return { kind: 'unknown' };
    default:
      throw new Error(`${where} is of a type that no document can show: ${schema.type}.`);
  }
}

/** Members of a union are known by their first field. */
function membersOf(schema: AnySchema, parts: Readonly<Record<string, unknown>>, where: string) {
  const members = (schema.options ?? []) as readonly AnySchema[];
  const keys = members.map((member) => Object.keys(member.entries ?? {})[0] ?? '');
  assertSame(Object.keys(parts), keys, where);
  return members.map((member, index) => {
    const name = keys[index] ?? '';
    return { name, ...documented(member, parts[name], `${where}.${name}`) };
  });
}

/** Members of a variant are known by the value of the field that tells them apart. */
function variantsOf(schema: AnySchema, parts: Readonly<Record<string, unknown>>, where: string) {
  const { key = '', options = [] } = schema;
  const members = options as readonly AnySchema[];
  const names = members.map((member) => String(member.entries?.[key]?.literal));
  assertSame(Object.keys(parts), names, where);
  return members.map((member, index) => {
    const name = names[index] ?? '';
    return { name, ...documented(member, parts[name], `${where}.${name}`) };
  });
}

function assertSame(described: readonly string[], there: readonly string[], where: string): void {
  const missing = there.filter((name) => !described.includes(name));
  const surplus = described.filter((name) => !there.includes(name));
  if (missing.length + surplus.length === 0) return;
  throw new Error(
    `${where}: without text ${missing.join(', ') || '-'}; text for nothing ${surplus.join(', ') || '-'}.`,
  );
}

/** The method or type in Pascal case, such as `GetToken`. */
export function pascal(name: string): string {
  return name.replace(/(?:^|[._])([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
