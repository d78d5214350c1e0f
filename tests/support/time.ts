import { onTestFinished, vi } from 'vitest';
import type { Clock } from '../../daemon/core/platform/clock.js';

let passed: { ms: number } | undefined;

/** Lets time pass at once for everything in this process, by both clocks, until the running test ends. Timers do not run. */
export function passTime(seconds: number): void {
  passed ??= begin();
  passed.ms += seconds * 1000;
}

function begin(): { ms: number } {
  const skipped = { ms: 0 };
  const wall = Date.now.bind(Date);
  const monotonic = performance.now.bind(performance);
  const spies = [
    vi.spyOn(Date, 'now').mockImplementation(() => wall() + skipped.ms),
    vi.spyOn(performance, 'now').mockImplementation(() => monotonic() + skipped.ms),
  ];
  onTestFinished(() => {
    for (const spy of spies) spy.mockRestore();
    passed = undefined;
  });
  return skipped;
}

/** A clock that a test sets. */
export interface TestClock extends Clock {
  /** Lets time pass, on both clocks. */
  pass(ms: number): void;
  /** Sets the wall clock forward or back, as people and time servers do. */
  setBy(ms: number): void;
}

export function createClock(): TestClock {
  let wall = Date.now();
  let monotonic = performance.now();
  return {
    wall: () => wall,
    monotonic: () => monotonic,
    pass(ms) {
      wall += ms;
      monotonic += ms;
    },
    setBy(ms) {
      wall += ms;
    },
  };
}
