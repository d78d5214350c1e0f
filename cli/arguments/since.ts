import { badArgument } from './context.js';
import { durationOf } from './duration.js';

/** A time ago, such as `30m`, or a time in ISO 8601, as a time in UTC with milliseconds. */
export function readSince(text: string, now: number = Date.now()): string {
  const ago = durationOf(text);
  const time = ago === undefined ? readTime(text) : now - ago;
  if (!Number.isNaN(time)) return new Date(Math.max(time, 0)).toISOString();
  throw badArgument(
    '--since is not a time.',
    'Write how long ago, such as 30m, 12h or 7d; or a time such as 2026-01-31T12:00:00Z.',
  );
}

function readTime(text: string): number {
  return /^\d{4}-\d\d-\d\d(T.+)?$/.test(text) ? Date.parse(text) : Number.NaN;
}
