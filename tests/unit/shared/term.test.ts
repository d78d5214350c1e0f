import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Term } from '../../../shared/term.js';

const HOUR = 3_600_000;

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date', 'performance'] }));
afterEach(() => void vi.useRealTimers());

test('it ends when the time is over, and not before', () => {
  const end = vi.fn();
  Term.ofMs(HOUR).whenOver(end);
  vi.advanceTimersByTime(HOUR - 1);
  expect(end).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1);
  expect(end).toHaveBeenCalledOnce();
});

test('hours in which the machine slept count', () => {
  const end = vi.fn();
  Term.ofMs(HOUR).whenOver(end);
  vi.setSystemTime(Date.now() + 8 * HOUR);
  vi.advanceTimersByTime(10_000);
  expect(end).toHaveBeenCalledOnce();
});

test('a clock that is set back gives no more time', () => {
  const end = vi.fn();
  Term.ofMs(HOUR).whenOver(end);
  vi.setSystemTime(Date.now() - 8 * HOUR);
  vi.advanceTimersByTime(HOUR);
  expect(end).toHaveBeenCalledOnce();
});

test('it can be taken back', () => {
  const end = vi.fn();
  Term.ofMs(HOUR).whenOver(end)();
  vi.advanceTimersByTime(2 * HOUR);
  expect(end).not.toHaveBeenCalled();
});

test('of two, the first end counts by each clock', () => {
  const sooner = Term.ofMs(HOUR);
  expect(Term.first(Term.ofMs(2 * HOUR), sooner)?.leftMs).toBe(HOUR);
  expect(Term.first(undefined, sooner)).toBe(sooner);
  vi.setSystemTime(Date.now() - 8 * HOUR);
  // Begun while the clock on the wall was wrong: by that one, this one ends first.
  const both = Term.first(sooner, Term.ofMs(3 * HOUR));
  vi.advanceTimersByTime(HOUR - 1);
  expect(both?.isOver).toBe(false);
  vi.advanceTimersByTime(1);
  expect(both?.isOver).toBe(true);
  expect(both?.leftMs).toBe(0);
});
