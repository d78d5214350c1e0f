import * as v from 'valibot';
import { CapabilityName } from '../manifest.js';
import { pattern } from '../pattern.js';
import { Timestamp } from '../schemas.js';
import { Cursor, cursorParam, method } from './types.js';

/** The name of a stored value: 1 to 255 characters, none of them a control character. */
export const StorageKey = v.pipe(
  v.string(),
  v.maxLength(255),
  pattern(/^[^\p{Cc}\p{Cs}]+$/u, 'a name of 1 to 255 characters, without control characters'),
);

/** A run may leave it out: it has only its own storage. */
const capabilityParam = { capability: v.optional(CapabilityName) };

/** Grows with every change of anything that the capability has stored, so that no version of a value comes twice. */
const Version = v.pipe(v.number(), v.integer(), v.minValue(0));

export const storage = {
  storage_get: method(
    'Returns a stored JSON value of a capability.',
    { key: StorageKey, ...capabilityParam },
    v.object({ key: v.string(), value: v.unknown(), version: v.nullable(v.number()) }),
  ),
  storage_set: method(
    'Stores a JSON value for a capability.',
    { key: StorageKey, value: v.unknown(), expected_version: v.optional(Version), ...capabilityParam },
    v.object({ key: v.string(), version: v.number() }),
  ),
  storage_delete: method(
    'Deletes a stored value of a capability.',
    { key: StorageKey, expected_version: v.optional(Version), ...capabilityParam },
    v.object({ deleted: v.boolean() }),
  ),
  storage_list: method(
    'Lists what a capability has stored, a page at a time, without the values.',
    { prefix: v.optional(StorageKey), ...capabilityParam, ...cursorParam },
    v.object({
      items: v.array(
        v.object({ key: v.string(), version: v.number(), bytes: v.number(), updated_at: Timestamp }),
      ),
      cursor: Cursor,
    }),
  ),
};
