import * as v from 'valibot';
import type { RedirectRule } from '../../../shared/provider.js';
import { ClientAuth, Endpoint, isLoopback, RedirectUri, Text } from '../../../shared/schemas.js';
import type { Secret } from '../../../shared/secret.js';
import type { Management } from '../oauth/dynamic-clients/registration.js';

/** What is stored of a registered client beside its secrets. */
export const Kept = v.strictObject({
  client_id: Text,
  client_auth: ClientAuth,
  redirect_uris: v.array(RedirectUri),
  /** Milliseconds since 1970; `null`: never. */
  secret_expires_at: v.nullable(v.number()),
  /** Where it is managed (RFC 7592). */
  management: v.nullable(Endpoint),
  /** Where it was registered. */
  endpoint: Endpoint,
  /** The origins that its secret goes to. */
  origins: v.array(v.string()),
});
export type Kept = v.InferOutput<typeof Kept>;

/** A registered client with its secrets. */
export interface OpenRegistered {
  readonly kept: Kept;
  readonly secret: Secret | undefined;
  readonly management: Management | null;
}

/**
 * The ports that a client registers: a server that compares redirects to the letter takes no other, and several sign-ins can
 * wait at once. One that allows any port (RFC 8252, section 7.3) takes these as well.
 */
const PORTS = ['8484', '8485', '8486', '8487'] as const;

/** The addresses to register for a provider's redirect, or those of them that were registered. The first choice is first. */
export function redirectsFor({ uri, port }: RedirectRule, kept?: Pick<Kept, 'redirect_uris'>): string[] {
  const wanted = port === 'any' ? [...PORTS.flatMap((number) => atPort(uri, number)), uri] : [uri];
  return kept ? wanted.filter((redirect) => kept.redirect_uris.includes(redirect)) : wanted;
}

function atPort(uri: string, port: string): string[] {
  const url = URL.canParse(uri) ? new URL(uri) : undefined;
  if (url?.protocol !== 'http:' || !isLoopback(url)) return [];
  url.port = port;
  return [url.href];
}
