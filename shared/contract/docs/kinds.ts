import type { ErrorKind } from '../../errors.js';

/** What each kind of error means to a caller. */
export const errorTexts: Readonly<Record<ErrorKind, string>> = {
  parse_error: 'A line is not JSON in UTF-8.',
  invalid_request: 'A line is not a JSON-RPC 2.0 request.',
  method_not_found: 'There is no such method.',
  invalid_params: 'The parameters are not as described here.',
  internal_error: 'A bug in Sigilforge.',
  not_found: 'There is no such account, provider, secret, sign-in, slot, capability or run.',
  auth_required: 'There is no usable token and no way to refresh it: a person has to sign in again.',
  refresh_failed: 'The provider refused, or its answer was not usable.',
  network: 'The provider could not be reached.',
  vault_locked: 'The vault or the keychain is locked.',
  denied: 'It is not allowed, or the person refused.',
  already_exists: 'There is already one of that name, or a different sign-in for it is in progress.',
  invalid_reference: 'The reference cannot be parsed.',
  keychain_unavailable: 'There is no keychain, or it does not answer.',
  timeout: 'It took too long.',
  cancelled: 'It was given up, or the client was closed during the call.',
  limit_exceeded: 'There are too many requests, or something is too large.',
  integrity: 'Stored data, or a file of a capability, is not what was recorded.',
  external: 'Another program, such as `vals`, failed.',
  store_unavailable: 'The database is full, read-only, busy or damaged.',
  incompatible: 'The database is newer, or daemon and client speak different protocols.',
  config: 'There is a mistake in config.toml or in a manifest, or a provider lacks a setting.',
  unsafe_path: 'Other users own a folder, file or socket, may open it, or could replace it.',
  daemon_unavailable: 'No daemon answers, and falling back to the library was ruled out.',
};
