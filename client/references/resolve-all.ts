import type { Api } from '../../shared/contract/index.js';
import { asSigilforgeError, SigilforgeError } from '../../shared/errors.js';

/** A string that stands for something else, where it is, and in what. */
interface Slot {
  readonly target: object;
  readonly key: string;
  readonly path: string;
}

interface Draft<T> {
  readonly copy: T;
  /** By the text of the reference: each is asked for once, however often it occurs. */
  readonly slots: ReadonlyMap<string, readonly Slot[]>;
}

/** The daemon reads no more than 64 requests of a connection at a time; others may want to ask something too. */
const AT_ONCE = 32;

/** What is meant as a reference, well-formed or not: one that is misspelled must not be taken for a value. */
const REFERENCE = /^(?:(?:auth|secret|env):\/\/|(?:vals:)?ref\+)/;

export function isReference(text: string): boolean {
  return REFERENCE.test(text);
}

/**
 * A copy of `record` in which every string that is a reference is replaced by its value, however deep it lies. The first
 * that fails ends it, with its own kind of error, naming the path and the reference and never a value.
 */
export async function resolveAll<T extends object>(resolve: Api['resolve'], record: T): Promise<T> {
  const { copy, slots } = draftOf(record);
  await forEach(slots, async ([reference, places]) => {
    const value = await textOf(resolve, reference, places[0]?.path ?? '');
    for (const { target, key } of places) define(target, key, value);
  });
  return copy;
}

async function textOf(resolve: Api['resolve'], reference: string, path: string): Promise<string> {
  try {
    const { value, encoding } = await resolve({ reference });
    if (value !== null && encoding === 'utf8') return value;
    throw new SigilforgeError('invalid_reference', 'This value is not UTF-8 text.', {
      hint: 'Read it alone, with get_secret, as base64.',
    });
  } catch (thrown) {
    const { kind, message, hint } = asSigilforgeError(thrown);
    // What cannot be read as a reference may be anything, so it is not repeated.
    const name = kind === 'invalid_reference' ? path : `${path} (${reference})`;
    throw new SigilforgeError(kind, `${name}: ${message}`, { hint, cause: thrown });
  }
}

/** Copies arrays and plain objects, cycles included; everything else is taken over as it is. */
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
      if (typeof value !== 'string' || !isReference(value)) continue;
      const slot = { target, key, path: place };
      const places = slots.get(value);
      if (places) places.push(slot);
      else slots.set(value, [slot]);
    }
  }
  return { copy, slots };
}

/** A property of its own, whatever its name: `__proto__` too. */
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

/** A bounded number at a time. After the first failure no other is begun. */
async function forEach<T>(items: Iterable<T>, work: (item: T) => Promise<void>): Promise<void> {
  const waiting = [...items].reverse();
  const take = async (): Promise<void> => {
    for (let item = waiting.pop(); item !== undefined; item = waiting.pop()) {
      try {
        await work(item);
      } catch (thrown) {
        waiting.length = 0;
        throw thrown;
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, take));
}
