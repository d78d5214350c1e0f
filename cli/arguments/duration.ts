import { MAX_TIMER_MS } from '../../shared/limits.js';
import { badArgument } from './context.js';

const UNIT_MS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** `90s`, `15m`, `1h` or `2d` in milliseconds; `undefined` for any other text. */
export function durationOf(text: string): number | undefined {
  const [, count, unit = ''] = /^(\d{1,9})([smhd])$/.exec(text) ?? [];
  const unitMs = UNIT_MS[unit];
  return unitMs && Number(count) * unitMs;
}

/** What an option gives as a time, in milliseconds: at least one second, and no more than a timer takes. */
export function readDuration(option: string, text: string): number {
  const ms = durationOf(text) ?? 0;
  if (ms === 0) throw badArgument(`${option} takes a time such as 90s, 15m, 1h or 2d.`);
  if (ms > MAX_TIMER_MS) throw badArgument(`${option} takes at most 24 days.`);
  return ms;
}
