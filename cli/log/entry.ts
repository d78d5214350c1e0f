import * as v from 'valibot';
import { parseJson } from '../../shared/json.js';

const LEVELS: Readonly<Record<number, string>> = {
  10: 'trace',
  20: 'debug',
  30: 'info',
  40: 'warn',
  50: 'error',
};

const Entry = v.looseObject({
  time: v.string(),
  level: v.number(),
  event: v.string(),
  pid: v.optional(v.number()),
});

/** A line of the log for people: time, level, event, and what else is known. Other lines are as they are. */
export function entryCells(line: string): string[] {
  const entry = v.safeParse(Entry, parseJson(line));
  if (!entry.success) return [line];
  const { time, level, event, pid: _, ...fields } = entry.output;
  const known = Object.entries(fields).map(([name, value]) => `${name}=${shown(value)}`);
  return [time, LEVELS[level] ?? String(level), event, ...(known.length > 0 ? [known.join(' ')] : [])];
}

function shown(value: unknown): string {
  return typeof value === 'string' && /^[^\s"]+$/.test(value) ? value : JSON.stringify(value);
}
