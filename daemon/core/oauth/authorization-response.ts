import * as oauth from 'oauth4webapi';
import { errnoOf } from '../../../shared/errno.js';
import { SigilforgeError } from '../../../shared/errors.js';
import { libraryClient, libraryServer } from './adapter.js';
import { hintFor, isPersonsNo, type Matter, refusedHint } from './failures/hints.js';
import { isSameIssuer } from './metadata/issuer.js';
import type { ClientRegistration } from './registration/client.js';
import { short } from './short.js';

/** What of the request was there although no person named it. */
type Assumed = Pick<Matter, 'assumed' | 'prompted'>;

interface Expected extends Assumed {
  readonly state: string;
}

/**
 * The code in an authorization response whose `state` is known to be right. `iss` is checked as RFC 9207 says: whenever it
 * is present, and required if the metadata announces it. Throws `denied` if the person or the server refuses.
 */
export function authorizationCode(
  registration: ClientRegistration,
  response: URLSearchParams,
  { state, ...assumed }: Expected,
): string {
  try {
    const issuer = expectedIssuer(registration, response.get('iss'));
    const server = { ...libraryServer(registration), issuer };
    const code = oauth.validateAuthResponse(server, libraryClient(registration), response, state).get('code');
    if (code) return code;
  } catch (thrown) {
    throw authorizationFailure(registration, thrown, assumed);
  }
  throw new SigilforgeError('refresh_failed', `${registration.name} sent the browser back without a code.`, {
    hint: `Start the sign-in again. If that does not help, compare the endpoints with the provider's: sigilforge provider show ${registration.id}`,
  });
}

/** The issuer to compare `iss` with: the value itself if the provider has it among its own, else the provider's first. */
function expectedIssuer(registration: ClientRegistration, iss: string | null): string {
  const known = [registration.issuer, ...registration.iss].filter((value) => value !== null);
  const nothingToCompare = known.length === 0 || registration.quirks.includes('issuer_varies');
  if (iss !== null && (nothingToCompare || known.some((value) => isSameIssuer(value, iss)))) return iss;
  return known[0] ?? registration.id;
}

/** The refusal in an authorization response (RFC 6749, section 4.1.2.1); `undefined` if it is not one. */
export function refusalIn(
  response: URLSearchParams,
): { readonly code: string; readonly description: string | undefined } | undefined {
  const code = response.get('error');
  return code ? { code, description: response.get('error_description') ?? undefined } : undefined;
}

function authorizationFailure(
  registration: ClientRegistration,
  thrown: unknown,
  assumed: Assumed,
): SigilforgeError {
  if (thrown instanceof oauth.AuthorizationResponseError) return refusal(registration, thrown, assumed);
  const code = errnoOf(thrown);
  return new SigilforgeError(
    'denied',
    `The browser came back with an answer that is not from ${registration.name}${code ? ` (${code})` : ''}.`,
    { hint: 'Start the sign-in again, and do not continue in windows from an earlier one.' },
  );
}

function refusal(
  registration: ClientRegistration,
  { error, error_description }: oauth.AuthorizationResponseError,
  assumed: Assumed,
): SigilforgeError {
  const reason = error_description ? `: ${short(error_description)}` : '';
  if (isPersonsNo(error)) {
    return new SigilforgeError('denied', `The sign-in was refused in the browser${reason}.`, {
      hint: refusedHint(reason !== ''),
    });
  }
  return new SigilforgeError('refresh_failed', `${registration.name} answered ${short(error)}${reason}.`, {
    hint: hintFor({
      ...{ registration, grantType: 'authorization_code', signingIn: true, code: error, ...assumed },
      description: error_description,
      trouble: isProblem(error) ? 'problem' : undefined,
    }),
  });
}

/** RFC 6749, section 4.1.2.1: there is no status in a redirect, so two codes take the place of 500 and 503. */
function isProblem(error: string): boolean {
  return error === 'server_error' || error === 'temporarily_unavailable';
}
