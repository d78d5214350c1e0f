import { isRecord, parseJson } from '../../../shared/json.js';
import { field } from './fields.js';

/** A century. Some providers say "forever" with a number that no calendar holds. */
const LONGEST_LIFETIME_S = 3_155_760_000;
/** Seconds since 1970 of September 2001: no lifetime is that long, and every moment since is later. */
const EARLIEST_MOMENT_S = 1_000_000_000;
/** The same in milliseconds. */
const EARLIEST_MOMENT_MS = EARLIEST_MOMENT_S * 1000;

/** The fields that may hold an end: a lifetime in seconds, and a moment. */
export interface LifetimeFields {
  readonly lifetime: readonly string[];
  readonly moment: readonly string[];
}

/** RFC 6749, section 5.1, and the other names that are in use. */
export const ACCESS_TOKEN: LifetimeFields = {
  lifetime: ['expires_in', 'expires', 'access_token_expires_in'],
  moment: ['expires_at', 'expires_on', 'expiry', 'expiration', 'access_token_expires_at'],
};
export const REFRESH_TOKEN: LifetimeFields = {
  lifetime: ['refresh_token_expires_in', 'refresh_expires_in'],
  moment: ['refresh_token_expires_at', 'refresh_expires_at', 'refresh_token_expires_on'],
};

/**
 * Whole seconds from `now` (milliseconds since 1970, by the provider's clock) to the end that an answer names, as a
 * lifetime or as a moment. `null` if it names none: nothing, null, nonsense and zero or less all mean "unknown".
 */
export function lifetimeS(
  answer: Readonly<Record<string, unknown>>,
  { lifetime, moment }: LifetimeFields,
  now: number,
): number | null {
  // Servers mix the two up: a date in `expires_in`, a number of seconds in `expires_at`.
  for (const name of [...lifetime, ...moment]) {
    const value = field(answer, name);
    const seconds = secondsOf(value) ?? secondsUntil(value, now);
    if (seconds !== null) return seconds;
  }
  return null;
}

/**
 * The lifetime in the access token itself, if it is a JWT (RFC 9068): its `exp`. This machine's clock and the provider's
 * may differ, so the length that the token states itself is the most that is believed.
 */
export function jwtLifetimeS(token: string, now: number): number | null {
  const [, claims, ...rest] = token.split('.');
  const read =
    rest.length === 1 && claims ? parseJson(Buffer.from(claims, 'base64url').toString('utf8')) : null;
  const { exp, iat } = isRecord(read) ? read : {};
  if (typeof exp !== 'number') return null;
  const whole = typeof iat === 'number' ? wholeSeconds(exp - iat) : null;
  const left = wholeSeconds(exp - now / 1000);
  return left === null || whole === null ? (left ?? whole) : Math.min(left, whole);
}

/**
 * Whole seconds of a number, or of text such as `3600`, `3,600`, `3600s`, `60 min` or `PT1H` (ISO 8601). Any other text is
 * not a number: half of it would be a wrong one.
 */
export function secondsOf(value: unknown): number | null {
  if (typeof value === 'number') return shortOf(value);
  if (typeof value !== 'string') return null;
  const text = value.trim();
  // Three digits behind a separator are thousands, in every way of writing: no lifetime is told to the millisecond.
  const grouped = /^\d{1,3}(?:[,.'_ \u00a0]\d{3})+$/.test(text) ? text.replaceAll(/\D/g, '') : text;
  const [, number, unit] = /^(\d+(?:\.\d*)?(?:e\d+)?)\s*([a-z]*)$/i.exec(grouped) ?? [];
  const factor = number === undefined ? undefined : UNITS_S[unit?.toLowerCase() ?? ''];
  return factor === undefined ? durationOf(text) : shortOf(Number(number) * factor);
}

const UNITS_S: Readonly<Record<string, number>> = {
  ...{ '': 1, s: 1, sec: 1, secs: 1, second: 1, seconds: 1 },
  ...{ m: 60, min: 60, mins: 60, minute: 60, minutes: 60 },
  ...{ h: 3600, hr: 3600, hrs: 3600, hour: 3600, hours: 3600 },
  ...{ d: 86_400, day: 86_400, days: 86_400 },
};

/** A duration of ISO 8601 without years and months, whose length is not fixed. */
function durationOf(text: string): number | null {
  const parts = /^P(?=.)(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)(?:\.\d+)?S)?)?$/i.exec(text);
  if (!parts) return null;
  const [days = 0, hours = 0, minutes = 0, seconds = 0] = parts.slice(1).map((part) => Number(part ?? 0));
  return wholeSeconds(days * 86_400 + hours * 3600 + minutes * 60 + seconds);
}

/** A number that can only be a moment is not a lifetime. */
function shortOf(seconds: number): number | null {
  const isMoment = seconds >= EARLIEST_MOMENT_S && seconds < LONGEST_LIFETIME_S;
  const isMomentMs = seconds >= EARLIEST_MOMENT_MS && seconds < LONGEST_LIFETIME_S * 1000;
  return isMoment || isMomentMs ? null : wholeSeconds(seconds);
}

/** Seconds until a moment: seconds or milliseconds since 1970, as a number or as text, or a date. */
function secondsUntil(value: unknown, now: number): number | null {
  const at = momentOf(value);
  return at === null ? null : wholeSeconds((at - now) / 1000);
}

function momentOf(value: unknown): number | null {
  const number = typeof value === 'string' && /^\d+(\.\d+)?$/.test(value.trim()) ? Number(value) : value;
  if (typeof number === 'number') {
    if (number >= EARLIEST_MOMENT_MS) return number;
    return number >= EARLIEST_MOMENT_S ? number * 1000 : null;
  }
  // `Date.parse` would take a single number for a year, and a word with a number in it for a date.
  if (typeof number !== 'string' || !/\d{4}/.test(number) || !/[-/: ]/.test(number)) return null;
  const at = Date.parse(zoned(number.trim()));
  return Number.isNaN(at) ? null : at;
}

/** A date without a zone is UTC: that of this machine means nothing to the provider. */
function zoned(date: string): string {
  return /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?$/.test(date) ? `${date.replace(' ', 'T')}Z` : date;
}

function wholeSeconds(seconds: number): number | null {
  return Number.isNaN(seconds) || seconds <= 0 ? null : Math.min(Math.floor(seconds), LONGEST_LIFETIME_S);
}
