import { type ErrorKind, SigilforgeError } from '../../../shared/errors.js';
import type { TokenFailure } from '../oauth/failure.js';
import type { AccountRow } from '../store/accounts.js';

/** Why the last refresh failed, as it is told from then on. `at`: milliseconds since 1970. */
export function lastErrorOf({ last_error }: AccountRow): {
  kind: ErrorKind;
  message: string;
  at: number | null;
} {
  if (last_error === null) return { kind: 'refresh_failed', message: 'the reason is not known.', at: null };
  const { kind, message, at } = JSON.parse(last_error) as { kind: ErrorKind; message: string; at: string };
  return { kind, message, at: Date.parse(at) };
}

export function signInAgain({ service, account }: AccountRow, reason: string): SigilforgeError {
  return new SigilforgeError('auth_required', `${service}/${account} has to be signed in again: ${reason}`, {
    hint: `Run: sigilforge add-account ${service} ${account} --replace`,
  });
}

/** The one loss that no client can prevent is named as what it is, to whoever asks from then on. */
export function withLostAnswer(failure: TokenFailure): TokenFailure {
  if (failure.verdict !== 'dead') return failure;
  const { kind, message, cause } = failure.error;
  const lost =
    'An earlier answer of the provider never arrived, so the refresh token may have been spent on it.';
  return { ...failure, error: new SigilforgeError(kind, `${lost} ${message}`, { cause }) };
}

export function notTakenOver({ service, account }: AccountRow): SigilforgeError {
  const sentence = `${service}/${account} was copied from another vault, which may still use its grant.`;
  return new SigilforgeError('auth_required', sentence, {
    hint: `Where that vault is gone, take the grant over with: sigilforge refresh-token ${service} ${account}. Otherwise sign in anew: sigilforge add-account ${service} ${account} --replace`,
  });
}

export function notRefreshable({ service, account }: AccountRow): SigilforgeError {
  const sentence = `${service}/${account} is an API key, which nothing refreshes.`;
  return new SigilforgeError('auth_required', sentence, {
    hint: `Store another one with: sigilforge add-account ${service} ${account} --api-key --replace`,
  });
}

export function refusedAlthoughNew({ service, account }: AccountRow): SigilforgeError {
  const sentence = `The newest token of ${service}/${account} was refused, and is seconds old.`;
  return new SigilforgeError('refresh_failed', sentence, {
    hint: 'Its scopes may not be enough for what was asked of the API.',
  });
}

export function leftAlone(row: AccountRow, waitMs: number): SigilforgeError {
  const { kind, message } = lastErrorOf(row);
  const hint = `Sigilforge tries again in ${Math.ceil(waitMs / 1000)} seconds.`;
  return new SigilforgeError(kind, message, { hint });
}

export function withoutAccessToken({ service, account }: AccountRow): SigilforgeError {
  const sentence = `The provider of ${service}/${account} answered without an access token.`;
  return new SigilforgeError('refresh_failed', sentence, { hint: 'Nothing is lost: try again later.' });
}

export function notStored({ service, account }: AccountRow, cause?: unknown): SigilforgeError {
  const sentence = `A new token of ${service}/${account} is here and cannot be stored yet.`;
  return new SigilforgeError('store_unavailable', sentence, {
    hint: 'Nothing is lost. Make the data folder writable, with some free space; the rest happens by itself.',
    cause,
  });
}
