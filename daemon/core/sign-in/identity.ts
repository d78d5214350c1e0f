import { SigilforgeError } from '../../../shared/errors.js';
import type { Tokens } from '../oauth/answers/token-answer.js';
import type { Granted, OAuthContext } from '../oauth/exchange.js';
import type { FlowAnswer } from '../oauth/flows/flow.js';
import { foreignness, readIdToken } from '../oauth/id-token.js';
import type { OAuthClient } from '../oauth/registration/client.js';
import { revoke } from '../oauth/revocation.js';
import type { Logger } from '../platform/log.js';

interface Surroundings {
  readonly oauth: OAuthContext;
  readonly log: Logger;
  /** The accounts whose grants would end if what this client was given is revoked. */
  readonly revokedWith: (client: OAuthClient) => readonly string[];
}

interface Answered extends FlowAnswer {
  /** `service/account`. */
  readonly account: string;
}

interface Identified {
  /** Who signed in, by the `sub` of the ID token; `undefined` if nothing says it. */
  readonly subject: string | undefined;
  /** What was granted, without an ID token that was passed over. */
  readonly granted: Granted;
}

/**
 * Who signed in. An ID token that says less than it should
 * costs no grant: it is passed over, with a line in the log. One that is for another client or sign-in ends this one, and
 * what came with it is revoked, because it would never be used.
 */
export async function signedInAs(
  { oauth, log, revokedWith }: Surroundings,
  { account, client, granted, nonce }: Answered,
): Promise<Identified> {
  const { idToken } = granted.tokens;
  if (!idToken) return { subject: undefined, granted };
  const claims = readIdToken(idToken);
  if (typeof claims === 'string') {
    log.warn('id_token.passed_over', { account, reason: claims });
    return { subject: undefined, granted: withoutIdToken(granted) };
  }
  const foreign = foreignness(claims, { registration: client.registration, nonce });
  if (foreign !== undefined) {
    const others = revokedWith(client);
    const revoked = others.length === 0 && (await revoke(oauth, client, granted.tokens));
    log.warn('id_token.foreign', { account, revoked });
    throw notForThisSignIn(client, `${foreign}${ageOf(claims, granted.sentAt)}`, { revoked, others });
  }
  const { subject } = claims;
  if (nonce === undefined || claims.nonce !== undefined) return { subject, granted };
  log.warn('id_token.passed_over', { account, reason: 'no nonce' });
  return { subject, granted: withoutIdToken(granted) };
}

function withoutIdToken({ tokens, sentAt }: Granted): Granted {
  return { tokens: { ...tokens, idToken: undefined }, sentAt };
}

/** Whom tokens belong to, by an ID token that decides nothing else. */
export function subjectOf({ idToken }: Tokens): string | undefined {
  const claims = idToken && readIdToken(idToken);
  return typeof claims === 'object' ? claims.subject : undefined;
}

/** A minute: dates are whole seconds, and an answer takes a while. */
const FORGIVEN_CLOCK_MS = 60_000;

/** When the token was issued, where that is odd: an old token may come out of a cache, one of the future from another clock. */
function ageOf({ issuedAt }: { readonly issuedAt: number | undefined }, sentAt: number): string {
  const ageMs = issuedAt === undefined ? 0 : sentAt - issuedAt;
  if (Math.abs(ageMs) <= FORGIVEN_CLOCK_MS) return '';
  const minutes = Math.round(Math.abs(ageMs) / 60_000);
  return `. By the clock of this machine it was issued ${minutes} min ${ageMs > 0 ? 'ago' : 'in the future'}`;
}

interface Discarded {
  readonly revoked: boolean;
  /** The accounts that kept it from being revoked. */
  readonly others: readonly string[];
}

function notForThisSignIn(
  { registration: { id, name } }: OAuthClient,
  foreign: string,
  discarded: Discarded,
): SigilforgeError {
  return new SigilforgeError('refresh_failed', `The ID token from ${name} ${foreign}. Nothing was stored.`, {
    hint: `${whatBecameOfIt(discarded)} Compare the issuer and the client id with the provider's: sigilforge provider show ${id}`,
  });
}

function whatBecameOfIt({ revoked, others }: Discarded): string {
  if (revoked) return 'The tokens that came with it were revoked.';
  if (others.length > 0)
    return `The tokens that came with it were not revoked, because that would end ${others.join(', ')} as well.`;
  return "The tokens that came with it could not be revoked: end this access in the provider's settings.";
}
