import { secondsLeft } from '../answers/lifetime.js';
import type { HttpAnswer } from '../http/http.js';

/** Whether the status by itself says that the request may succeed later (RFC 9110, section 15; RFC 8470, section 5.2). */
export function isForLater({ status }: Pick<HttpAnswer, 'status'>): boolean {
  return [408, 425, 429].includes(status) || status >= 500;
}

/** `Retry-After` in milliseconds (RFC 9110, section 10.2.3): seconds, also with a unit, or a date by the provider's clock. */
export function retryAfter({ headers }: HttpAnswer): number | undefined {
  // Two headers arrive as one.
  const value = (headers.get('retry-after') ?? '').replace(/^(\d+), .*$/, '$1');
  const now = Date.parse(headers.get('date') ?? '');
  const seconds = secondsLeft(value, Number.isNaN(now) ? Date.now() : now);
  return seconds === null ? undefined : seconds * 1000;
}
