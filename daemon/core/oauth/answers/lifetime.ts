import { isRecord, parseJson } from '../../../../shared/json.js';
import { field, plainFields } from './fields.js';

/** A century. Some providers say "forever" with a number that no calendar holds. */
const LONGEST_LIFETIME_S = 3_155_760_000;
/** Seconds since 1970 of September 2001: no lifetime is that long, and every moment since is later. */
const EARLIEST_MOMENT_S = 1_000_000_000;
/** Longer text is neither a number nor a date. */
const LONGEST_TEXT = 64;

/** The fields that may hold an end. */
export interface LifetimeFields {
  /** Those of the standard. */
  readonly names: readonly string[];
  /** Others, by their plain names. */
  readonly others: RegExp;
}

/** What servers call an end, or the time until it; in milliseconds if the name says so. */
const END = '(?:expir(?:es?|ed|y|ation)|exp|ttl|lifetime|valid(?:until|to|for)|notafter)';
const UNIT = '(?:in|at|on|time|date|timestamp|utc|s|secs?|seconds){0,2}(?<ms>ms|millis|milliseconds)?';

/** RFC 6749, section 5.1, and the other names that are in use. */
export const ACCESS_TOKEN: LifetimeFields = {
  names: ['expires_in'],
  others: new RegExp(`^x?(?:access)?(?:token)?${END}${UNIT}$`),
};
export const REFRESH_TOKEN: LifetimeFields = {
  names: ['refresh_token_expires_in', 'refresh_expires_in'],
  others: new RegExp(`^x?re(?:fresh)?(?:token)?${END}${UNIT}$`),
};

/**
 * Whole seconds from `now` (milliseconds since 1970, by the provider's clock) to the end that an answer names, as a
 * lifetime or as a moment. `null` if it names none: nothing, null, nonsense and zero or less all mean "unknown".
 */
export function lifetimeS(
  answer: Readonly<Record<string, unknown>>,
  { names, others }: LifetimeFields,
  now: number,
): number | null {
  for (const name of names) {
    const seconds = secondsLeft(field(answer, name), now);
    if (seconds !== null) return seconds;
  }
  for (const [name, value] of plainFields(answer)) {
    const named = others.exec(name);
    const seconds = named && secondsLeft(value, now, named.groups?.['ms'] === undefined ? 1 : 1000);
    if (seconds !== null) return seconds;
  }
  return null;
}

/**
 * Whole seconds that are left, of a lifetime or until a moment. Servers mix the two up: a date in `expires_in`, a number of
 * seconds in `expires_at`.
 */
export function secondsLeft(value: unknown, now: number, perSecond = 1): number | null {
  const bare = bareValue(value);
  const at = momentOf(bare);
  if (at !== null) return wholeSeconds((at - now) / 1000);
  const lifetime = secondsOf(bare);
  return lifetime === null || perSecond === 1 ? lifetime : wholeSeconds(lifetime / perSecond);
}

/** The only value of a list, or in an object as Protocol Buffers (`seconds`) and MongoDB (`$date`) write times. */
function bareValue(value: unknown): unknown {
  const inner = Array.isArray(value) && value.length === 1 ? (value[0] as unknown) : value;
  return isRecord(inner) ? (field(inner, 'seconds') ?? field(inner, 'date')) : inner;
}

/**
 * The lifetime in the access token itself, if it is a JWT (RFC 9068): its `exp`. This machine's clock and the provider's
 * may differ, so the length that the token states itself is the most that is believed.
 */
export function jwtLifetimeS(token: string, now: number): number | null {
  const [, claims, ...rest] = token.split('.', 4);
  const read =
    rest.length === 1 && claims ? parseJson(Buffer.from(claims, 'base64url').toString('utf8')) : null;
  const { exp, iat } = isRecord(read) ? read : {};
  const [end, begin] = [momentOf(exp), momentOf(iat)];
  if (end === null) return null;
  const whole = begin === null ? null : wholeSeconds((end - begin) / 1000);
  const left = wholeSeconds((end - now) / 1000);
  return left === null || whole === null ? (left ?? whole) : Math.min(left, whole);
}

/**
 * Whole seconds of a number, or of text such as `3600`, `3,600`, `3600s`, `1h 30m`, `01:00:00` or `PT1H` (ISO 8601). Any
 * other text is not a number: half of it would be a wrong one.
 */
export function secondsOf(value: unknown): number | null {
  if (typeof value === 'number') return shortOf(value);
  if (typeof value !== 'string' || value.length > LONGEST_TEXT) return null;
  const text = value.trim().replace(/^\+/, '');
  // Three digits behind a separator are thousands, in every way of writing: no lifetime is told to the millisecond.
  const grouped = /^\d{1,3}(?:[,.'_ \u00a0]\d{3})+$/.test(text) ? text.replaceAll(/\D/g, '') : text;
  if (/^\d+(?:\.\d*)?(?:e\d+)?$/i.test(grouped)) return shortOf(Number(grouped));
  return clockOf(text) ?? durationOf(text);
}

/** Hours, minutes and seconds, with the days before them as .NET writes them: `1.00:00:00`. */
function clockOf(text: string): number | null {
  const [whole, days = '0', hours, minutes, seconds] =
    /^(?:(\d+)\.)?(\d+):(\d\d):(\d\d)(?:\.\d+)?$/.exec(text) ?? [];
  return whole === undefined
    ? null
    : wholeSeconds(Number(days) * 86_400 + Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds));
}

const UNITS_S: readonly (readonly [unit: RegExp, seconds: number])[] = [
  [/^(?:s|secs?|seconds?)$/, 1],
  [/^(?:m|mins?|minutes?)$/, 60],
  [/^(?:h|hrs?|hours?)$/, 3600],
  [/^(?:d|days?)$/, 86_400],
  [/^(?:w|weeks?)$/, 604_800],
];

/** Numbers with their units, also as ISO 8601 writes them. Years and months have no fixed length. */
function durationOf(text: string): number | null {
  const [isIso, dates = '', times = ''] = /^P([\d.,DW]*)(?:T([\d.,HMS]+))?$/i.exec(text) ?? [];
  const parts = (isIso === undefined ? text : `${dates}${times}`).toLowerCase();
  if (!/^(?:\d+(?:\.\d+)?\s*[a-z]+[\s,]*)+$/.test(parts)) return null;
  const lengths = [...parts.matchAll(/([\d.]+)\s*([a-z]+)/g)].map(
    ([, number, unit = '']) =>
      Number(number) * (UNITS_S.find(([name]) => name.test(unit))?.[1] ?? Number.NaN),
  );
  return wholeSeconds(lengths.reduce((sum, length) => sum + length, 0));
}

/** A number that can only be a moment is not a lifetime. */
function shortOf(seconds: number): number | null {
  return momentOf(seconds) === null ? wholeSeconds(seconds) : null;
}

/** Milliseconds since 1970: of a number, also as text, in seconds or smaller parts of them; or of a date. */
function momentOf(value: unknown): number | null {
  if (typeof value === 'string') return value.length > LONGEST_TEXT ? null : dateOf(value.trim());
  if (typeof value !== 'number') return null;
  // In seconds, milliseconds, microseconds and nanoseconds.
  for (const perSecond of [1, 1e3, 1e6, 1e9]) {
    const seconds = value / perSecond;
    if (seconds >= EARLIEST_MOMENT_S && seconds < LONGEST_LIFETIME_S) return seconds * 1000;
  }
  return null;
}

function dateOf(text: string): number | null {
  const number = /^(?:\/Date\()?(\d+(?:\.\d+)?)(?:\)\/)?$/.exec(text)?.[1];
  if (number !== undefined) return momentOf(Number(number));
  // `Date.parse` would take a single number for a year, and a word with a number in it for a date.
  if (!/\d{4}/.test(text) || !/[-/: ]|\dT\d/.test(text)) return null;
  const at = Date.parse(zoned(written(text)));
  return Number.isNaN(at) ? null : at;
}

/** Without what Go (`m=+1.5`) and Java (`[Europe/Berlin]`) put behind a date, and with the signs of ISO 8601 in it. */
function written(date: string): string {
  return date
    .replace(/\s+m=\S+$|\[[^\]]*\]$/, '')
    .replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)/, '$1-$2-$3T$4:$5:$6');
}

/** A date without a zone is UTC: that of this machine means nothing to the provider. */
function zoned(date: string): string {
  if (/^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?$/.test(date)) return `${date.replace(' ', 'T')}Z`;
  const isZoned = /[+-]\d\d:?\d\d$/.test(date);
  return !isZoned && /\d:\d\d(?::\d\d(?:\.\d+)?)?(?:\s*[AP]M)?$/i.test(date) ? `${date} UTC` : date;
}

function wholeSeconds(seconds: number): number | null {
  return Number.isNaN(seconds) || seconds <= 0 ? null : Math.min(Math.floor(seconds), LONGEST_LIFETIME_S);
}
