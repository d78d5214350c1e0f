import type { Api, ResultOf } from '../../shared/contract/index.js';
import { SigilforgeError } from '../../shared/errors.js';
import { looksLikeReference } from '../../shared/reference-schemes.js';
import { resolveMany } from './resolve-many.js';

/** A place in the copy whose string is a reference. */
interface Slot {
  readonly target: object;
  readonly key: string;
  readonly path: string;
}

interface Draft<T> {
  readonly copy: T;
  /** The places of each reference, by its text. */
  readonly slots: ReadonlyMap<string, readonly Slot[]>;
}

/**
 * A copy of `record` in which every string that is a reference is replaced by its value, at any depth. The first failure
 * ends it, with an error of that kind that names the path and the reference and never a value.
 */
export async function resolveAll<T extends object>(resolve: Api['resolve'], record: T): Promise<T> {
  const { copy, slots } = draftOf(record);
  const pathOf = (reference: string): string => slots.get(reference)?.[0]?.path ?? '';
  // What cannot be read as a reference may be anything, so it is not repeated.
  const answers = await resolveMany(resolve, slots.keys(), (reference, kind) =>
    kind === 'invalid_reference' ? pathOf(reference) : `${pathOf(reference)} (${reference})`,
  );
  for (const [reference, answer] of answers) {
    const value = textOf(answer, pathOf(reference));
    for (const { target, key } of slots.get(reference) ?? []) define(target, key, value);
  }
  return copy;
}

function textOf({ value, encoding }: ResultOf<'resolve'>, path: string): string {
  if (value !== null && encoding === 'utf8') return value;
  throw new SigilforgeError('invalid_reference', `${path}: This value is not UTF-8 text.`, {
    hint: 'Read it on its own, with get_secret, as base64.',
  });
}

/** Copies arrays and plain objects, cycles included; every other value is kept as it is. */
function draftOf<T extends object>(record: T): Draft<T> {
  const copies = new Map<object, object>();
  const pending: { source: object; target: object; path: string }[] = [];
  const slots = new Map<string, Slot[]>();
  const copyOf = (source: object, path: string): object => {
    const known = copies.get(source);
    if (known) return known;
    const target = Array.isArray(source) ? [] : {};
    copies.set(source, target);
    pending.push({ source, target, path });
    return target;
  };
  const copy = copyOf(record, '') as T;
  for (const { source, target, path } of pending) {
    for (const [key, value] of Object.entries(source)) {
      const place = pathTo(path, key, Array.isArray(source));
      define(target, key, isContainer(value) ? copyOf(value, place) : value);
      if (typeof value !== 'string' || !looksLikeReference(value, 'value')) continue;
      const slot = { target, key, path: place };
      const places = slots.get(value);
      if (places) places.push(slot);
      else slots.set(value, [slot]);
    }
  }
  return { copy, slots };
}

/** Defines an own property of any name, even `__proto__`. */
function define(target: object, key: string, value: unknown): void {
  Object.defineProperty(target, key, { value, writable: true, enumerable: true, configurable: true });
}

function isContainer(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false;
  if (Array.isArray(value)) return true;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

function pathTo(parent: string, key: string, inArray: boolean): string {
  if (inArray) return `${parent}[${key}]`;
  if (!/^[A-Za-z_$][\w$]*$/.test(key)) return `${parent}[${JSON.stringify(key)}]`;
  return parent === '' ? key : `${parent}.${key}`;
}
