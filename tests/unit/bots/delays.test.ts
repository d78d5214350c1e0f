import { expect, test } from 'vitest';
import { Delays } from '../../../daemon/core/bots/delays.js';
import { createClock } from '../../support/time.js';

test('each delay is twice as long as the last one, up to five minutes', () => {
  const delays = new Delays(createClock());
  const seconds = Array.from({ length: 11 }, () => delays.next() / 1000);
  expect(seconds).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]);
});

test('after five minutes that it was up, or if a person starts it, it is a second again', () => {
  const clock = createClock();
  const delays = new Delays(clock);
  const upFor = (ms: number): number => {
    delays.started();
    clock.pass(ms);
    return delays.next();
  };
  expect([upFor(10), upFor(299_000), upFor(301_000), upFor(10)]).toEqual([1_000, 2_000, 1_000, 2_000]);
  // What could not be started since was not up.
  clock.pass(600_000);
  expect(delays.next()).toBe(4_000);
  delays.reset();
  expect(delays.next()).toBe(1_000);
});

test('the clock that people set changes nothing', () => {
  const clock = createClock();
  const delays = new Delays(clock);
  delays.next();
  delays.started();
  clock.setBy(3_600_000);
  expect(delays.next()).toBe(2_000);
});
