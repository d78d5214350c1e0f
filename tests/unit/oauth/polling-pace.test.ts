import { describe, expect, test } from 'vitest';
import { PollingPace } from '../../../daemon/core/oauth/flows/polling-pace.js';

type Event = 'pending' | 'slow_down' | 'failed' | { slow_down: number } | { retryAfterMs: number };

/** The waits in seconds, before the first poll and after each event. */
function waits(interval: unknown, events: readonly Event[]): number[] {
  const pace = new PollingPace(interval);
  const after = (event: Event): number => {
    if (event === 'pending') pace.pending();
    else if (event === 'slow_down') pace.slowDown();
    else if (event === 'failed') pace.failed({ retryAfterMs: undefined });
    else if ('slow_down' in event) pace.slowDown(event.slow_down);
    else pace.failed(event);
    return pace.waitS;
  };
  return [pace.waitS, ...events.map(after)];
}

describe('the pace of polling', () => {
  test.each([
    ['as the provider says', 7, 7],
    ['as text', '7', 7],
    ['no interval', undefined, 5],
    ['null', null, 5],
    ['a word', 'abc', 5],
    ['zero', 0, 5],
    ['less than zero', -3, 5],
    ['not a number', Number.NaN, 5],
    ['a tiny part of a second', 1e-9, 1],
    ['the same as text', '1e-9', 1],
    ['half a second', 0.5, 1],
    ['a second and a half', 1.5, 1.5],
  ])('begins with %s', (_, interval, seconds) => {
    expect(waits(interval, [])).toEqual([seconds]);
  });

  test('grows while the provider cannot be reached, to a minute, and is given back by an answer', () => {
    const events: Event[] = ['failed', 'failed', 'pending', 'failed', 'failed', 'failed', 'failed', 'failed'];
    expect(waits(5, events)).toEqual([5, 10, 20, 5, 10, 20, 40, 60, 60]);
  });

  test('keeps what slow_down added, by five seconds or by what it names', () => {
    const events: Event[] = [
      'slow_down',
      'failed',
      'pending',
      { slow_down: 42 },
      'pending',
      { slow_down: 1 },
    ];
    expect(waits(5, events)).toEqual([5, 10, 20, 10, 42, 42, 47]);
  });

  test('a failure never makes an interval shorter than the one agreed on', () => {
    expect(waits(90, ['failed', 'failed', 'pending'])).toEqual([90, 90, 90, 90]);
  });

  test('waits as long as Retry-After asks, beside a sign-in that is pending, too', () => {
    const pace = new PollingPace(5);
    pace.pending({ retryAfterMs: 30_000 });
    expect(pace.waitS).toBe(30);
    pace.pending();
    expect(pace.waitS).toBe(5);
  });

  test('waits as long as Retry-After asks, for that one time', () => {
    expect(waits(5, [{ retryAfterMs: 100_000 }, 'failed', 'pending'])).toEqual([5, 100, 20, 5]);
    expect(waits(5, [{ retryAfterMs: 0 }])).toEqual([5, 10]);
  });
});
