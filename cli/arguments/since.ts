import { badArgument } from './context.js';

const UNIT_MS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** A time ago, such as `30m`, or a time in ISO 8601, as a time in UTC with milliseconds. */
export function readSince(text: string, now: number = Date.now()): string {
  const [, count, unit = ''] = /^(\d{1,6})([smhd])$/.exec(text) ?? [];
  const time = count === undefined ? readTime(text) : now - Number(count) * (UNIT_MS[unit] ?? 0);
  if (!Number.isNaN(time)) return new Date(Math.max(time, 0)).toISOString();
  throw badArgument(
    '--since is not a time.',
    'Write how long ago, such as 30m, 12h or 7d; or a time such as 2026-01-31T12:00:00Z.',
  );
}

function readTime(text: string): number {
  return /^\d{4}-\d\d-\d\d(T.+)?$/.test(text) ? Date.parse(text) : Number.NaN;
}
