import { isErrno } from '../../../shared/errno.js';
import { SigilforgeError } from '../../../shared/errors.js';
import type { OAuthClient } from '../oauth/registration/client.js';
import { redirectRule } from '../providers/settings.js';

/** Begins a sign-in with the first of the registered redirects whose port is free; the last one may have any port. */
export async function beginAtFreePort<T>(
  client: OAuthClient,
  begin: (client: OAuthClient) => Promise<T>,
): Promise<T> {
  const [first, ...others] = client.redirects ?? [];
  if (first === undefined) return begin(client);
  const registration = { ...client.registration, redirect: redirectRule(first) };
  try {
    return await begin({ ...client, registration });
  } catch (thrown) {
    if (others.length === 0 || !isTaken(thrown)) throw thrown;
    return beginAtFreePort({ ...client, redirects: others }, begin);
  }
}

/** By another sign-in, or by another program. */
function isTaken(thrown: unknown): boolean {
  return (
    thrown instanceof SigilforgeError &&
    (thrown.kind === 'already_exists' || isErrno(thrown.cause, 'EADDRINUSE'))
  );
}
