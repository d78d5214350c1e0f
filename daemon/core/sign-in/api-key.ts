import { Secret } from '../../../shared/secret.js';
import { credentialMissing, type SignInRequest } from './sign-in-request.js';
import type { SignInStore } from './sign-in-store.js';

/** Stores an API key. Throws `invalid_params` if the request has none. */
export function addApiKey(store: SignInStore, request: SignInRequest): Promise<string[]> {
  const { service, account, replace, credential } = request;
  if (!credential || !('api_key' in credential)) throw credentialMissing('api_key', 'api_key');
  return store.storeApiKey({ service, account, replace, apiKey: new Secret(credential.api_key) });
}
