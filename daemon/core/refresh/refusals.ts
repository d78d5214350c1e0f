import { SigilforgeError } from '../../../shared/errors.js';
import { waitingTime } from '../../../shared/waiting-time.js';
import type { LastError } from '../accounts/json-fields.js';
import { type SignedIn, signInCommand } from '../accounts/sign-in-command.js';
import { mayBeDead } from '../oauth/answers/token-words.js';
import type { TokenFailure } from '../oauth/failures/failure.js';

interface Names {
  readonly service: string;
  readonly account: string;
}

/** The words for a failure that was not recorded. */
export const unknownReason = 'the reason is not known.';

export function signInAgain(account: SignedIn, reason: string): SigilforgeError {
  const sentence = `${account.service}/${account.account} must be signed in again: ${reason}`;
  return new SigilforgeError('auth_required', sentence, { hint: `Run: ${signInCommand(account)}` });
}

/** The error of a failed refresh, with the account's own names and options in the command of its hint. */
export function forAccount(
  { kind, message, hint, cause }: SigilforgeError,
  account: SignedIn,
): SigilforgeError {
  const named = hint.replace('sigilforge add-account SERVICE ACCOUNT --replace', () =>
    signInCommand(account),
  );
  return new SigilforgeError(kind, message, { hint: named, cause });
}

/** The failure of a grant that an answer lost earlier may have spent: the one loss that no client can prevent. */
export function withLostAnswer(failure: TokenFailure, isKept: boolean): TokenFailure {
  if (failure.verdict !== 'dead') return failure;
  const { kind, message, hint, cause } = failure.error;
  const lost = isKept
    ? 'An earlier answer from the provider could not be read and is kept (sigilforge unread-answers), so the refresh token may have been spent on it.'
    : 'An earlier answer from the provider did not arrive whole, so the refresh token may have been spent on it.';
  return { ...failure, error: new SigilforgeError(kind, `${lost} ${message}`, { hint, cause }) };
}

/** The failure of a grant whose client the server does not know any more, although it was registered there. */
export function withUnknownClient(failure: TokenFailure): TokenFailure {
  const { kind, message, cause } = failure.error;
  const hint =
    'The server does not know the client any more that was registered there. Sign in again, which registers another one: sigilforge add-account SERVICE ACCOUNT --replace';
  return { ...failure, error: new SigilforgeError(kind, message, { hint, cause }) };
}

/**
 * The same failure, judged by what is known of this grant: a request that was valid until now (RFC 6749, section 5.2) is
 * made invalid only by its refresh token. Some servers call a dead one so.
 */
export function judgedByHistory(
  failure: TokenFailure,
  { lastRefreshedAt }: { readonly lastRefreshedAt: number | null },
): TokenFailure {
  const { verdict, refusal } = failure;
  const isDead = verdict === 'refused' && refusal && mayBeDead(refusal) && lastRefreshedAt !== null;
  if (!isDead) return failure;
  const { message, hint, cause } = failure.error;
  return {
    ...failure,
    verdict: 'dead',
    error: new SigilforgeError('auth_required', message, { hint, cause }),
  };
}

export function notTakenOver(parked: SignedIn): SigilforgeError {
  const { service, account } = parked;
  const sentence = `${service}/${account} was copied from another vault, which may still use its grant.`;
  return new SigilforgeError('auth_required', sentence, {
    hint: `If that vault is gone, take the grant over with: sigilforge refresh-token ${service} ${account}. Otherwise sign in again with: ${signInCommand(parked)}`,
  });
}

export function notRefreshable(account: SignedIn): SigilforgeError {
  const sentence = `${account.service}/${account.account} is an API key, which cannot be refreshed.`;
  return new SigilforgeError('auth_required', sentence, {
    hint: `Store another one with: ${signInCommand(account)}`,
  });
}

export function refusedAlthoughNew({ service, account }: Names): SigilforgeError {
  const sentence = `The newest token of ${service}/${account} was refused, and it is only seconds old.`;
  return new SigilforgeError('refresh_failed', sentence, {
    hint: 'Its scopes may not be enough for what was asked of the API.',
  });
}

export function backingOff(
  { service, account }: Names,
  lastError: LastError | null,
  waitMs: number,
): SigilforgeError {
  const { kind, message } = lastError ?? { kind: 'refresh_failed', message: unknownReason };
  const hint = `The provider is asked again after ${waitingTime(waitMs)}. To ask at once: sigilforge refresh-token ${service} ${account}`;
  return new SigilforgeError(kind, message, { hint });
}

export function withoutAccessToken({ service, account }: Names): SigilforgeError {
  const sentence = `The provider of ${service}/${account} answered without an access token.`;
  return new SigilforgeError('refresh_failed', sentence, {
    hint: `Nothing is lost. Ask again later with: sigilforge refresh-token ${service} ${account}`,
  });
}

export function notStored({ service, account }: Names, cause?: unknown): SigilforgeError {
  const sentence = `A new token of ${service}/${account} has arrived and cannot be stored yet.`;
  return new SigilforgeError('store_unavailable', sentence, {
    hint: 'Nothing is lost. Make the data folder writable and free some space: the token is then stored by itself.',
    cause,
  });
}
