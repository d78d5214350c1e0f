import * as v from 'valibot';
import { SecretKey, SecretValue, Timestamp } from '../schemas.js';
import { Cursor, Encoding, method, pageParams } from './types.js';

/** Where a secret is kept. */
export const SecretBackend = v.picklist(['keychain', 'vault']);
export type SecretBackend = v.InferOutput<typeof SecretBackend>;

export const secrets = {
  set_secret: method(
    'Stores a secret byte for byte. A different `backend` than before moves it there.',
    {
      key: SecretKey,
      value: SecretValue,
      backend: v.optional(SecretBackend),
      encoding: v.optional(Encoding, 'utf8'),
    },
    v.object({ key: v.string(), backend: SecretBackend }),
  ),
  get_secret: method(
    'Returns a secret.',
    { key: SecretKey },
    v.object({ key: v.string(), value: v.string(), encoding: Encoding, backend: SecretBackend }),
  ),
  get_secrets: method(
    'Returns the secrets whose names start with a prefix, a page at a time.',
    pageParams,
    v.object({
      secrets: v.array(v.object({ key: v.string(), value: v.string(), encoding: Encoding })),
      damaged: v.optional(v.array(v.string())),
      cursor: Cursor,
    }),
  ),
  list_secrets: method(
    'Lists the names of secrets, a page at a time, and never their values.',
    pageParams,
    v.object({
      secrets: v.array(
        v.object({ key: v.string(), backend: SecretBackend, created_at: Timestamp, updated_at: Timestamp }),
      ),
      cursor: Cursor,
    }),
  ),
  delete_secret: method('Deletes a secret.', { key: SecretKey }, v.object({ deleted: v.boolean() })),
};
