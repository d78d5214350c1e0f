import { SigilforgeError } from '../../../shared/errors.js';
import type { Provider } from '../../../shared/provider.js';
import type { Secret } from '../../../shared/secret.js';
import { isClientKey, readClientKey } from '../oauth/signing/client-key.js';

/** Throws `invalid_params` unless a client that signs is given a key that can sign, and any other client something that can be sent. */
export function assertSecretFits({ id, client_auth }: Provider, secret: Secret): void {
  if (client_auth === 'private_key_jwt') readClientKey(secret);
  else if (isClientKey(secret))
    throw new SigilforgeError('invalid_params', 'This is a private key, which is never sent as a secret.', {
      hint: `If the client signs with it: sigilforge provider set ${id} --client-auth private_key_jwt --client-key-file FILE`,
    });
}
