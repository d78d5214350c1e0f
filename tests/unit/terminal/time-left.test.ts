import { expect, test } from 'vitest';
import { asClock, inWords, secondsLeft } from '../../../cli/terminal/time-left.js';

const now = Date.parse('2030-01-31T12:00:00.000Z');
const after = (seconds: number): string => new Date(now + seconds * 1000).toISOString();

test.each([
  [45, '45 seconds', '0:45'],
  [1, '1 second', '0:01'],
  [899, '15 minutes', '14:59'],
  [3600, '60 minutes', '1:00:00'],
  [7260, '2 hours', '2:01:00'],
])('%i seconds are left', (seconds, words, clock) => {
  const left = secondsLeft(after(seconds), now);
  expect(left).toBe(seconds);
  expect([inWords(seconds), asClock(seconds)]).toEqual([words, clock]);
});

test('what is over has nothing left, and what is far away is not counted', () => {
  expect(secondsLeft(after(-5), now)).toBe(0);
  expect(secondsLeft(after(90_000), now)).toBeUndefined();
  expect(secondsLeft(null, now)).toBeUndefined();
});
