import { styleSource } from '../../platform/web-page.js';
import { FORM_STYLE } from './style.js';

/** On every answer, so that no page loads, frames, keeps or leaks anything. */
export const pageHeaders: Readonly<Record<string, string>> = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy': [
    "default-src 'none'",
    `style-src ${styleSource(FORM_STYLE)}`,
    "form-action 'self'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
  ].join('; '),
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  // With `no-referrer`, Chromium sends `Origin: null` with the form.
  'referrer-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'x-frame-options': 'DENY',
  'permissions-policy': 'camera=(), display-capture=(), geolocation=(), microphone=()',
  connection: 'close',
};

const COOKIE = 'sigilforge-page';

/**
 * What has the browser that opened a page first send this value with it, and with nothing else. Lax: with Strict, the browser
 * would leave it out when a page is loaded again that a link of another site led to, which would end the request.
 */
export function bindingCookie(path: string, key: string): string {
  return `${COOKIE}=${key}; Path=/${path}; HttpOnly; SameSite=Lax`;
}

/** The value that the browser keeps. The cookie with the longest path comes first: that of the page. */
export function keyIn(cookies: string | undefined): string | undefined {
  return cookies
    ?.split(';')
    .map((cookie) => cookie.trim())
    .find((cookie) => cookie.startsWith(`${COOKIE}=`))
    ?.slice(COOKIE.length + 1);
}
