import * as v from 'valibot';
import { AccountName, SecretKey, SecretValue, Timestamp } from '../schemas.js';
import { Cursor, Encoding, MaybeTime, method, pageParams } from './types.js';

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
  get_aws_credentials: method(
    'Returns credentials for AWS: keys that are stored, or those of a role that an account assumes.',
    { name: AccountName },
    v.object({
      access_key_id: v.string(),
      secret_access_key: v.string(),
      session_token: v.nullable(v.string()),
      expires_at: MaybeTime,
    }),
  ),
};
