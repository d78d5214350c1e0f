import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { endAfter } from '../../../cli/exec/grant/end-after.js';

const HOUR = 3_600_000;

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date', 'performance'] }));
afterEach(() => void vi.useRealTimers());

test('it ends when the time is over, and not before', () => {
  const end = vi.fn();
  endAfter(HOUR, end);
  vi.advanceTimersByTime(HOUR - 1);
  expect(end).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1);
  expect(end).toHaveBeenCalledOnce();
});

test('hours in which the machine slept count', () => {
  const end = vi.fn();
  endAfter(HOUR, end);
  vi.setSystemTime(Date.now() + 8 * HOUR);
  vi.advanceTimersByTime(10_000);
  expect(end).toHaveBeenCalledOnce();
});

test('a clock that is set back gives no more time', () => {
  const end = vi.fn();
  endAfter(HOUR, end);
  vi.setSystemTime(Date.now() - 8 * HOUR);
  vi.advanceTimersByTime(HOUR);
  expect(end).toHaveBeenCalledOnce();
});

test('it can be taken back', () => {
  const end = vi.fn();
  endAfter(HOUR, end)();
  vi.advanceTimersByTime(2 * HOUR);
  expect(end).not.toHaveBeenCalled();
});
