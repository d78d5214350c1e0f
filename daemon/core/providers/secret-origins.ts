import * as v from 'valibot';
import { placeholdersIn } from '../../../shared/address-template.js';
import { parseJson } from '../../../shared/json.js';
import type { ClientRegistration } from '../oauth/registration/client.js';

type Addresses = Pick<
  ClientRegistration,
  'issuer' | 'token_endpoint' | 'refresh_endpoint' | 'device_authorization_endpoint' | 'revocation'
>;

/** The ways to revoke that prove the client by its secret. */
const PROVEN_BY_SECRET: ReadonlySet<string> = new Set(['client', 'basic']);

/** The origins (RFC 6454, section 4) of an issuer and its endpoints: they belong together. */
export function originsOf(provider: Addresses): string[] {
  const { issuer, token_endpoint, refresh_endpoint, device_authorization_endpoint, revocation } = provider;
  const addresses = [issuer, token_endpoint, refresh_endpoint, device_authorization_endpoint];
  // A host of which a part is not known is left out: a secret is never given for it.
  return unique([...addresses, revocation?.endpoint]).filter((origin) => placeholdersIn(origin).length === 0);
}

export function issuerOrigin({ issuer }: Pick<Addresses, 'issuer'>): string[] {
  return unique([issuer]);
}

/** The origins that a client's secret is sent to. One that still has a placeholder is among them: no secret was given for it. */
export function secretTargets(registration: Addresses): string[] {
  const { token_endpoint, refresh_endpoint, device_authorization_endpoint, revocation } = registration;
  const ended = revocation && PROVEN_BY_SECRET.has(revocation.auth) ? revocation.endpoint : null;
  return unique([token_endpoint, refresh_endpoint, device_authorization_endpoint, ended]);
}

/** Origins as they are stored: always written in the same way, because the sealed secret is bound to the text. */
export function writeOrigins(origins: readonly string[]): string {
  return JSON.stringify([...new Set(origins)].sort());
}

/** None if they are damaged: the secret does not open beside them anyway. */
export function readOrigins(text: string | null): string[] {
  const read = v.safeParse(v.array(v.string()), text === null ? [] : parseJson(text));
  return read.success ? read.output : [];
}

function unique(addresses: readonly (string | null | undefined)[]): string[] {
  return [...new Set(addresses.flatMap((address) => (address ? new URL(address).origin : [])))];
}
