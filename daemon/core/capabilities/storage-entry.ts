import * as v from 'valibot';
import { StorageKey } from '../../../shared/contract/storage.js';
import { SigilforgeError } from '../../../shared/errors.js';
import { isDeeper } from '../../../shared/json.js';
import { Secret } from '../../../shared/secret.js';

/** Of one capability: its keys, and the bytes of all values as JSON. Of one value: its bytes, and levels of arrays and objects. */
export const STORAGE_LIMITS = {
  keys: 10_000,
  bytes: 8 * 1024 * 1024,
  valueBytes: 256 * 1024,
  depth: 60,
} as const;

/** A value to store. It is treated as a secret: what a capability keeps may be one. */
export interface StorageEntry {
  readonly key: string;
  readonly json: Secret;
  readonly bytes: number;
}

/** Throws `invalid_params` or `limit_exceeded` for what cannot be stored. No sentence repeats the value. */
export function readEntry(key: string, value: unknown): StorageEntry {
  if (!v.is(StorageKey, key)) throw badKey();
  if (isDeeper(value, STORAGE_LIMITS.depth)) throw tooDeep();
  const json = jsonOf(value);
  if (json === undefined) throw badValue();
  const bytes = Buffer.byteLength(json);
  if (bytes > STORAGE_LIMITS.valueBytes) {
    throw new SigilforgeError(
      'limit_exceeded',
      `A stored value has at most ${STORAGE_LIMITS.valueBytes / 1024} KiB as JSON.`,
      { hint: 'Split it over several keys, or keep it in a file.' },
    );
  }
  return { key, json: new Secret(json), bytes };
}

export function tooMuch(limit: string): SigilforgeError {
  return new SigilforgeError('limit_exceeded', `The storage of a capability holds at most ${limit}.`, {
    hint: 'Delete what is not needed with storage_delete, or with null in the result of a run.',
  });
}

function badKey(): SigilforgeError {
  return new SigilforgeError(
    'invalid_params',
    'The key of a stored value is a name of 1 to 255 characters, without control characters.',
  );
}

function tooDeep(): SigilforgeError {
  const sentence = `A stored value has at most ${STORAGE_LIMITS.depth} levels of arrays and objects.`;
  return new SigilforgeError('limit_exceeded', sentence, {
    hint: 'Store what is inside as a text, or under keys of its own.',
  });
}

/** `undefined` for what is not JSON, which only a program in this process can give. */
function jsonOf(value: unknown): string | undefined {
  try {
    return JSON.stringify(value);
  } catch {
    return undefined;
  }
}

function badValue(): SigilforgeError {
  return new SigilforgeError('invalid_params', 'A stored value is JSON.');
}
