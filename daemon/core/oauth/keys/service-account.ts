import * as v from 'valibot';
import { SigilforgeError } from '../../../../shared/errors.js';
import { parseJson } from '../../../../shared/json.js';
import { Endpoint, Text } from '../../../../shared/schemas.js';
import { Secret } from '../../../../shared/secret.js';
import { parse } from '../../../../shared/validate.js';

/** What is used of a Google service account's key file, as downloaded. */
const ServiceAccountFile = v.object({
  type: v.literal('service_account'),
  client_email: Text,
  private_key: Text,
  private_key_id: v.optional(Text),
  token_uri: Endpoint,
});

/** A private key with what its file says about it: only the key, unless it is a service account's whole file. */
export interface KeyFile {
  readonly privateKey: Secret;
  readonly issuer?: string;
  readonly keyId?: string | undefined;
  readonly tokenEndpoint?: string;
}

/** Reads a service account's whole file, or only a key. Throws `invalid_params` for any other JSON. */
export function readKeyFile(text: string): KeyFile {
  if (!text.trimStart().startsWith('{')) return { privateKey: new Secret(text) };
  const file = parse(ServiceAccountFile, jsonOf(text), 'key file of a service account');
  return {
    privateKey: new Secret(file.private_key),
    issuer: file.client_email,
    keyId: file.private_key_id,
    tokenEndpoint: file.token_uri,
  };
}

/** `JSON.parse` would quote the text in its error. */
function jsonOf(text: string): unknown {
  const json = parseJson(text);
  if (json !== undefined) return json;
  throw new SigilforgeError('invalid_params', 'The key file looks like JSON but cannot be read as JSON.', {
    hint: 'Download the key of the service account again, or give a private key in PEM.',
  });
}
