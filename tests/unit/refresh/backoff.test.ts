import { describe, expect, test } from 'vitest';
import type { TokenFailure } from '../../../daemon/core/oauth/failures/failure.js';
import { backoffMs, LONGEST_BACKOFF_MS } from '../../../daemon/core/refresh/backoff.js';
import { SigilforgeError } from '../../../shared/errors.js';

function refused(retryAfterMs: number | undefined): TokenFailure {
  const error = new SigilforgeError('refresh_failed', 'Example refused.');
  const outcome = { verdict: 'transient', end: 'refused', error, signInError: error } as const;
  return { ...outcome, retryAfterMs, refusal: undefined, client: undefined, unread: undefined };
}

describe('the back-off', () => {
  test.each([undefined, 0, 1, 499, -5_000])('is its own if the provider asks for %s ms', (asked) => {
    expect(backoffMs(refused(asked), 0, 0)).toBe(500);
    expect(backoffMs(refused(asked), 3, 1)).toBe(8_000);
  });

  test('is what the provider asks for if that is longer, up to an hour', () => {
    expect(backoffMs(refused(120_000), 0, 1)).toBe(120_000);
    expect(backoffMs(refused(86_400_000), 0, 1)).toBe(LONGEST_BACKOFF_MS);
  });

  test('grows to five minutes once the provider has answered, and to half a minute where it may be the network', () => {
    const answer = { status: 200, headers: new Headers(), body: Buffer.from('?') };
    const unread = { ...refused(0), end: 'unknown', unread: { answer, sentAt: 0 } } as const;
    expect(backoffMs(unread, 30, 1)).toBe(300_000);
    expect(backoffMs({ ...unread, unread: undefined }, 30, 1)).toBe(30_000);
  });
});
