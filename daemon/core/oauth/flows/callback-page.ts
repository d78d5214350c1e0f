/** What the browser's last page says, or where the browser is sent on to. */
export type Answered = { readonly onward: string } | (Outcome & { readonly onward?: never });

/** What the browser's last page says. */
export interface Outcome {
  readonly ok: boolean;
  readonly title: string;
  readonly text: string;
}

/** The page that a sign-in ends on: whole in itself, no script, nothing loaded, everything escaped. */
export function callbackPage({ ok, title, text }: Outcome): string {
  const colour = ok ? '#1a7f37' : '#b3261e';
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)} · Sigilforge</title>
<style>
:root { color-scheme: light dark; --text: #1f2328; --muted: #59636e; --page: #f6f8fa; --card: #fff; --line: #d1d9e0 }
@media (prefers-color-scheme: dark) {
  :root { --text: #f0f6fc; --muted: #9198a1; --page: #0d1117; --card: #151b23; --line: #3d444d }
}
body { margin: 0; min-height: 100vh; display: grid; place-items: center; background: var(--page); color: var(--text);
  font: 16px/1.5 system-ui, sans-serif }
main { box-sizing: border-box; width: min(28rem, calc(100vw - 2rem)); padding: 2rem; background: var(--card);
  border: 1px solid var(--line); border-top: 4px solid ${colour}; border-radius: 8px }
h1 { margin: 0 0 .5rem; font-size: 1.35rem }
p { margin: 0; overflow-wrap: anywhere }
footer { margin-top: 1.5rem; color: var(--muted); font-size: .85rem }
</style>
</head>
<body>
<main>
<h1>${escapeHtml(title)}</h1>
<p>${escapeHtml(text)}</p>
<footer>Sigilforge</footer>
</main>
</body>
</html>
`;
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

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '');
}
