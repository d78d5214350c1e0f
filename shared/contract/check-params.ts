import * as v from 'valibot';
import { isRecord } from '../json.js';
import { parse } from '../validate.js';
import { type CheckedParamsOf, contract, type MethodName } from './index.js';
import type { AnySchema } from './types.js';

/** The parameters of a method, by name, as its handler gets them. Throws `invalid_params`. */
export function checkParams<M extends MethodName>(method: M, params: unknown): CheckedParamsOf<M> {
  const schema = contract[method].params;
  return parse(schema, withoutNulls([schema as AnySchema], params ?? {}), method) as CheckedParamsOf<M>;
}

/**
 * `null` for a parameter means that it is left out, at any depth: clients in many languages write it for what they do not
 * have. It stays where `null` is a value of its own, and for names that are not known, which are errors anyway.
 * `schemas`: the alternatives of a union.
 */
function withoutNulls(schemas: readonly AnySchema[], value: unknown): unknown {
  if (Array.isArray(value)) {
    const items = schemas.flatMap(itemsOf);
    return items.length === 0 ? value : value.map((item: unknown) => withoutNulls(items, item));
  }
  if (!isRecord(value)) return value;
  const kept = Object.entries(value).flatMap(([name, inner]) => {
    const own = schemas.flatMap((schema) => schemasOf(schema, name));
    const isLeftOut = inner === null && own.length > 0 && !own.some(takesNull);
    return isLeftOut ? [] : [[name, withoutNulls(own, inner)]];
  });
  return Object.fromEntries(kept);
}

/** Whether `null` is a value of its own. What may be any JSON value or left out is left out. */
function takesNull(schema: AnySchema): boolean {
  return v.is(schema, null) && !(schema.type === 'optional' && schema.wrapped?.type === 'unknown');
}

/** What a schema says about its entry of this name. */
function schemasOf(schema: AnySchema, name: string): readonly AnySchema[] {
  if (schema.wrapped !== undefined) return schemasOf(schema.wrapped, name);
  if (schema.type === 'union') {
    return (schema.options as readonly AnySchema[]).flatMap((option) => schemasOf(option, name));
  }
  if (schema.type === 'record') return schema.value === undefined ? [] : [schema.value];
  const entry = Object.hasOwn(schema.entries ?? {}, name) ? schema.entries?.[name] : undefined;
  return entry === undefined ? [] : [entry];
}

/** What a schema says about the items of a list. */
function itemsOf(schema: AnySchema): readonly AnySchema[] {
  if (schema.wrapped !== undefined) return itemsOf(schema.wrapped);
  return schema.item === undefined ? [] : [schema.item];
}
