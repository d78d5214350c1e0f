import type * as v from 'valibot';
import type { ErrorKind } from '../../errors.js';
import type { Provider, RedirectRule, RefreshRule, Revocation } from '../../provider.js';
import type { AccountDetails, AccountInfo, FlowStarted } from '../accounts.js';
import type { ProposalInfo, RequestedSecret, SecretRequestInfo } from '../asking.js';
import type { AuditRecord } from '../audit.js';
import type {
  BotState,
  CapabilityDetails,
  CapabilityInfo,
  CapabilityVersion,
  FileChange,
  RequiredSecret,
} from '../capabilities.js';
import type { AccountEvent, RunEvent } from '../events.js';
import type { ProviderCheck, ProviderSummary } from '../providers.js';
import type { RunInfo, RunMessage } from '../runs.js';
import type { AccessToken } from '../tokens.js';
import type { MethodEntry } from '../types.js';
import type { VaultSlot } from '../vault.js';

/** Objects that are documented once, under their own name, wherever they are used. */
type NamedObject =
  | typeof AccountInfo
  | typeof AccountDetails
  | typeof FlowStarted
  | typeof AccessToken
  | typeof AccountEvent
  | typeof BotState
  | typeof CapabilityDetails
  | typeof CapabilityInfo
  | typeof CapabilityVersion
  | typeof FileChange
  | typeof Provider
  | typeof ProviderCheck
  | typeof ProviderSummary
  | typeof RedirectRule
  | typeof RefreshRule
  | typeof RequiredSecret
  | typeof Revocation
  | typeof RunEvent
  | typeof RunInfo
  | typeof RunMessage
  | typeof ProposalInfo
  | typeof RequestedSecret
  | typeof SecretRequestInfo
  | typeof VaultSlot
  | typeof AuditRecord;

/** What a schema is about: without `optional`, `nullable` and lists around it. */
type Inner<S> = S extends { readonly wrapped: infer W }
  ? Inner<W>
  : S extends { readonly item: infer I }
    ? Inner<I>
    : S;

/** A sentence, with the unit if there is one; for an object without a name, also a sentence for each of its fields. */
type FieldText<S> =
  Inner<S> extends NamedObject
    ? string
    : Inner<S> extends { readonly entries: infer E }
      ? ObjectText<E>
      : string;

interface ObjectText<E> {
  readonly text: string;
  readonly fields: FieldTexts<E>;
}

/** One text for every field: a missing or a surplus one does not compile. */
export type FieldTexts<E> = { readonly [K in keyof E]: FieldText<E[K]> };

/** The document and the section, such as `[6749, '6']`. */
export type RfcSection = readonly [rfc: number, section: string];

/** What a method's entry in the contract does not say. It is only loaded to generate documents, never at run time. */
interface MethodText<P extends v.ObjectEntries, R extends v.GenericSchema> {
  readonly params: FieldTexts<P>;
  readonly result: R extends NamedObject ? string : FieldText<R>;
  /** The kinds that this method may answer, besides those of every method. */
  readonly errors: readonly ErrorKind[];
  readonly example: {
    readonly params: v.InferInput<v.StrictObjectSchema<P, undefined>>;
    readonly result: v.InferOutput<R>;
  };
  readonly rfcs?: readonly RfcSection[];
}

/** The texts of a group of methods. */
export type TextsOf<Group> = {
  readonly [M in keyof Group]: Group[M] extends MethodEntry<infer P, infer R> ? MethodText<P, R> : never;
};

/** A type that documents refer to by its name. */
export interface NamedType {
  readonly schema: v.GenericSchema;
  readonly text: string;
  /** For an object: a text for each field. For a choice: for each value. For a union: for each member, by its first field. */
  readonly parts: Readonly<Record<string, unknown>>;
}

export function namedObject<E extends v.ObjectEntries>(
  schema: v.GenericSchema & { readonly entries: E },
  text: string,
  fields: FieldTexts<E>,
): NamedType {
  return { schema, text, parts: fields };
}

export function namedChoice<T extends string>(
  schema: v.GenericSchema & { readonly options: readonly T[] },
  text: string,
  values: Readonly<Record<T, string>>,
): NamedType {
  return { schema, text, parts: values };
}

/** A string or number with rules of its own. */
export function namedValue(schema: v.GenericSchema, text: string): NamedType {
  return { schema, text, parts: {} };
}
