import { MAX_TIMER_MS } from '../../shared/limits.js';
import { badArgument } from './context.js';

const UNITS = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** A time like `90s`, `15m`, `1h` or `2d`, in milliseconds. */
export function readDuration(option: string, text: string): number {
  const [, count, unit] = /^(\d{1,9})([smhd])$/.exec(text) ?? [];
  const ms = unit === undefined ? 0 : Number(count) * UNITS[unit as keyof typeof UNITS];
  if (ms === 0) throw badArgument(`${option} takes a time such as 90s, 15m, 1h or 2d.`);
  if (ms > MAX_TIMER_MS) throw badArgument(`${option} takes at most 24 days.`);
  return ms;
}
