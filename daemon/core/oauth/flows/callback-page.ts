import { escapeHtml, webPage } from '../../platform/web-page.js';

/** What the browser's last page says, or where the browser is sent on to. */
export type Answered = { readonly onward: string } | (Outcome & { readonly onward?: never });

/** What the browser's last page says. */
export interface Outcome {
  readonly ok: boolean;
  readonly title: string;
  readonly text: string;
}

/** The page that a sign-in ends on. */
export function callbackPage({ ok, title, text }: Outcome): string {
  return webPage({ title, tone: ok ? 'good' : 'bad', content: `<p>${escapeHtml(text)}</p>` });
}

/** Headers that keep the page from loading, framing or leaking anything. */
export const callbackPageHeaders = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy':
    "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'",
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'cache-control': 'no-store',
  connection: 'close',
} as const;
