import { createHash } from 'node:crypto';
import { isRecord, parseJson } from '../../../shared/json.js';
import type { Secret } from '../../../shared/secret.js';
import { isSameIssuer } from './metadata/issuer.js';
import type { ClientRegistration } from './registration/client.js';
import { short } from './short.js';

/**
 * What is read of an ID token (OpenID Connect Core 1.0, section 2). Nothing else in it is used, so nothing else is judged.
 * It comes straight from the token endpoint over TLS, which stands in for its signature (section 3.1.3.7, point 6): the
 * algorithm and the keys do not matter.
 */
export interface IdTokenClaims {
  readonly issuer: string | undefined;
  readonly audience: readonly string[];
  /** The client that it was issued to (`azp`). */
  readonly authorizedParty: string | undefined;
  readonly nonce: string | undefined;
  readonly subject: string | undefined;
  /** Milliseconds since 1970, by the provider's clock. */
  readonly issuedAt: number | undefined;
  /** The same, of its end. */
  readonly expiresAt: number | undefined;
}

/** Why an ID token says nothing: it is encrypted (RFC 7516), or not a JSON Web Token at all. */
export type Unread = 'encrypted' | 'unreadable';

/** What an ID token is compared with. */
export interface ExpectedClaims {
  readonly registration: ClientRegistration;
  /** The nonce of the authorization request; `undefined` if none was sent. */
  readonly nonce: string | undefined;
}

/** Reads an ID token, whatever it is signed with. */
export function readIdToken(token: Secret): IdTokenClaims | Unread {
  const parts = token.reveal().split('.');
  if (parts.length === 5) return 'encrypted';
  const [, payload = ''] = parts;
  const claims = parseJson(Buffer.from(payload, 'base64url').toString('utf8'));
  if (parts.length !== 3 || !isRecord(claims)) return 'unreadable';
  const { iss, aud, azp, nonce, sub, iat, exp } = claims;
  return {
    issuer: text(iss),
    audience: (Array.isArray(aud) ? aud : [aud]).flatMap((value) => text(value) ?? []),
    authorizedParty: text(azp),
    nonce: text(nonce),
    subject: text(sub),
    issuedAt: time(iat),
    expiresAt: time(exp),
  };
}

/**
 * In which way an ID token is for another client or sign-in, as the end of a sentence; `undefined` if it is not. What it leaves out is
 * no difference, and neither is a nonce that was not sent (a device, or a server's own).
 */
export function foreignness(claims: IdTokenClaims, expected: ExpectedClaims): string | undefined {
  return (
    foreignIssuer(claims, expected) ?? foreignAudience(claims, expected) ?? foreignNonce(claims, expected)
  );
}

function foreignIssuer({ issuer }: IdTokenClaims, { registration }: ExpectedClaims): string | undefined {
  const known = [registration.issuer, ...registration.iss].filter((value) => value !== null);
  if (issuer === undefined || known.length === 0 || registration.quirks.includes('issuer_varies'))
    return undefined;
  if (known.some((value) => isSameIssuer(value, issuer))) return undefined;
  return `is from another issuer: ${short(issuer)}, not ${known[0]}`;
}

/** Whom it was issued to counts where it is for several. Without an issuer nothing says that OpenID's rules hold. */
function foreignAudience(
  { audience, authorizedParty }: IdTokenClaims,
  { registration: { client_id, issuer } }: ExpectedClaims,
): string | undefined {
  if (issuer === null || audience.length === 0 || authorizedParty === client_id) return undefined;
  if (!audience.includes(client_id))
    return `is for another client: ${short(audience.join(', '))}, not ${client_id}`;
  if (audience.length === 1 || authorizedParty === undefined) return undefined;
  return `was issued to another client: ${short(authorizedParty)}, not ${client_id}`;
}

function foreignNonce({ nonce }: IdTokenClaims, expected: ExpectedClaims): string | undefined {
  if (expected.nonce === undefined || nonce === undefined || formsOf(expected.nonce).includes(nonce))
    return undefined;
  return 'belongs to another sign-in: its nonce is not the one that was sent';
}

/** As it was sent, or the digest of it that some servers and libraries write, which says as much. */
function formsOf(nonce: string): string[] {
  const digest = createHash('sha256').update(nonce).digest();
  return [nonce, digest.toString('hex'), digest.toString('base64url'), digest.toString('base64')];
}

/** What decides whether an ID token is this account's. */
interface Owner {
  readonly registration: ClientRegistration | null;
  /** Who signed in; `null` if that is not known. */
  readonly subject: string | null;
}

/** An ID token that can be kept: it is readable, and for this client and this person. A nonce is compared at sign-in. */
export function keepableIdToken(
  token: Secret | undefined,
  { registration, subject }: Owner,
): Secret | undefined {
  const claims = token && readIdToken(token);
  if (typeof claims !== 'object' || registration === null) return undefined;
  if (foreignness(claims, { registration, nonce: undefined }) !== undefined) return undefined;
  const isOthers = subject !== null && claims.subject !== undefined && claims.subject !== subject;
  return isOthers ? undefined : token;
}

/** The furthest moment that a `Date` can be. */
const LAST_MS = 8.64e15;

function time(seconds: unknown): number | undefined {
  const ms = typeof seconds === 'number' ? seconds * 1000 : Number.NaN;
  return Math.abs(ms) <= LAST_MS ? ms : undefined;
}

/** Some servers write numbers where the standard has text, such as client ids. */
function text(value: unknown): string | undefined {
  if (typeof value === 'number') return String(value);
  return typeof value === 'string' && value !== '' ? value : undefined;
}
