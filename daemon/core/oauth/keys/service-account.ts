import * as v from 'valibot';
import { SigilforgeError } from '../../../../shared/errors.js';
import { Endpoint, Text } from '../../../../shared/schemas.js';
import { Secret } from '../../../../shared/secret.js';
import { parse } from '../../../../shared/validate.js';

/** What is used of the key file of a Google service account, as it is downloaded. */
const ServiceAccountFile = v.object({
  type: v.literal('service_account'),
  client_email: Text,
  private_key: Text,
  private_key_id: v.optional(Text),
  token_uri: Endpoint,
});

/** A private key with what its file says of it: nothing but the key, unless it is a service account's whole file. */
export interface KeyFile {
  readonly privateKey: Secret;
  readonly issuer?: string;
  readonly keyId?: string | undefined;
  readonly tokenEndpoint?: string;
}

/** Tells the whole file of a service account from a mere key. Throws `invalid_params` for any other JSON. */
export function readKeyFile(text: string): KeyFile {
  if (!text.trimStart().startsWith('{')) return { privateKey: new Secret(text) };
  const file = parse(ServiceAccountFile, parseJson(text), 'key file of a service account');
  return {
    privateKey: new Secret(file.private_key),
    issuer: file.client_email,
    keyId: file.private_key_id,
    tokenEndpoint: file.token_uri,
  };
}

/** The parser's own messages repeat what they read. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new SigilforgeError('invalid_params', 'The key file looks like JSON, and cannot be read as JSON.', {
      hint: 'Download the key of the service account once more, or give a private key in PEM.',
    });
  }
}
