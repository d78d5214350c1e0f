import * as v from 'valibot';
import { AccountName, SecretPrefix, ServiceName, Text, Timestamp } from '../schemas.js';

/** One method: what it does in a sentence, its parameters, and its result. */
export interface MethodEntry<P extends v.ObjectEntries, R extends v.GenericSchema> {
  readonly summary: string;
  /** The order of the keys is the order of the parameters by position. */
  readonly params: v.StrictObjectSchema<P, undefined>;
  readonly result: R;
}

export function method<P extends v.ObjectEntries, R extends v.GenericSchema>(
  summary: string,
  params: P,
  result: R,
): MethodEntry<P, R> {
  return { summary, params: v.strictObject(params), result };
}

/** How a schema looks to code that reads any of them. */
export interface AnySchema extends v.GenericSchema {
  readonly wrapped?: AnySchema;
  readonly item?: AnySchema;
  readonly entries?: Readonly<Record<string, AnySchema>>;
  readonly options?: readonly unknown[];
  readonly literal?: unknown;
  /** The field that tells the members of a variant apart. */
  readonly key?: string;
  readonly value?: AnySchema;
  readonly default?: unknown;
}

/** The parameters that name one account. */
export const accountParams = { service: ServiceName, account: AccountName };

/** The last parameter of a list that comes by page. */
export const cursorParam = { cursor: v.optional(Text) };

/** The parameters of a list of secrets. */
export const pageParams = { prefix: v.optional(SecretPrefix), ...cursorParam };

/** Where the next page begins; `null` on the last one. Daemons of earlier versions send some lists in one piece, without it. */
export const Cursor = v.optional(v.nullable(v.string()), null);

/** A moment, or `null` if it does not apply or is not known. */
export const MaybeTime = v.nullable(Timestamp);

/** How a value travels in JSON: as text, or in base64 for bytes that are not UTF-8. */
export const Encoding = v.picklist(['utf8', 'base64']);
