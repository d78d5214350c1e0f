import { createPrivateKey, type KeyObject } from 'node:crypto';
import { SigilforgeError } from '../../../../shared/errors.js';
import { isRecord, parseJson } from '../../../../shared/json.js';
import type { Secret } from '../../../../shared/secret.js';
import type { ClientRegistration } from '../registration/client.js';
import { readSigningKey, type SigningKey, signAssertion, withAlgorithm } from './assertion.js';

/** The private key that a client proves itself with: it signs, and is never sent. */
interface ClientKey extends SigningKey {
  /** The `kid` of the key (RFC 7517, section 4.5); `null` if the server has to find it by itself. */
  readonly keyId: string | null;
}

/** A minute in all (RFC 7523, section 3): it is sent at once. The server's clock may be a little behind. */
const LIFE = { beforeS: 10, afterS: 50 };

/** Whether what is kept in the place of a client's secret is a private key, in PEM or as a JWK (RFC 7517). */
export function isClientKey(secret: Secret): boolean {
  const text = secret.reveal();
  return /^-----BEGIN [A-Z ]*PRIVATE KEY-----/m.test(text) || privateJwk(text) !== undefined;
}

/** Throws `invalid_params` unless it is a private key that can sign. */
export function readClientKey(secret: Secret): ClientKey {
  const jwk = privateJwk(secret.reveal());
  if (!jwk) return { ...readSigningKey(secret), keyId: null };
  const { alg, kid } = jwk;
  const key = withAlgorithm(importJwk(jwk), typeof alg === 'string' ? alg : undefined);
  return { ...key, keyId: typeof kid === 'string' && kid !== '' ? kid : null };
}

/** A new assertion for one request, by which a client proves itself (RFC 7523, section 2.2; OpenID Connect Core 1.0, section 9). */
export function clientAssertion(registration: ClientRegistration, secret: Secret): Promise<Secret> {
  const { keyId, ...key } = readClientKey(secret);
  const { client_id } = registration;
  const claims = { issuer: client_id, subject: client_id, audience: audienceOf(registration) };
  return signAssertion(key, keyId, claims, Date.now(), LIFE);
}

/** The issuer, which no other server has; some servers want the address of their token endpoint. */
function audienceOf({ issuer, token_endpoint, quirks, id }: ClientRegistration): string {
  const isEndpoint = quirks.includes('endpoint_as_audience') || quirks.includes('issuer_varies');
  return (isEndpoint ? token_endpoint : issuer) ?? token_endpoint ?? id;
}

function privateJwk(text: string): Record<string, unknown> | undefined {
  const json = text.trimStart().startsWith('{') ? parseJson(text) : undefined;
  return isRecord(json) && typeof json['kty'] === 'string' && typeof json['d'] === 'string'
    ? json
    : undefined;
}

/** An error of OpenSSL may quote what it has read, so none is passed on. */
function importJwk(key: Record<string, unknown>): KeyObject {
  try {
    return createPrivateKey({ key, format: 'jwk' });
  } catch {
    throw new SigilforgeError('invalid_params', 'This is not a private key as a JWK.', {
      hint: 'Give one JSON object with kty, d and the public part, or the key in PEM.',
    });
  }
}
