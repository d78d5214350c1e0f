import { createHash } from 'node:crypto';

/** A page for a person's browser. */
export interface WebPage {
  readonly title: string;
  readonly tone: 'good' | 'bad' | 'plain';
  /** HTML below the heading. */
  readonly content: string;
  /** CSS besides that of every page. */
  readonly style?: string;
}

const STYLE = `
:root { color-scheme: light dark; --text: #1f2328; --muted: #59636e; --page: #f6f8fa; --card: #fff; --line: #d1d9e0;
  --good: #1a7f37; --bad: #b3261e; --plain: #0969da }
@media (prefers-color-scheme: dark) {
  :root { --text: #f0f6fc; --muted: #9198a1; --page: #0d1117; --card: #151b23; --line: #3d444d }
}
body { margin: 0; min-height: 100vh; display: grid; place-items: center; background: var(--page); color: var(--text);
  font: 16px/1.5 system-ui, sans-serif }
main { box-sizing: border-box; width: min(28rem, calc(100vw - 2rem)); padding: 2rem; background: var(--card);
  border: 1px solid var(--line); border-top-width: 4px; border-radius: 8px }
.good { border-top-color: var(--good) }
.bad { border-top-color: var(--bad) }
.plain { border-top-color: var(--plain) }
h1 { margin: 0 0 .5rem; font-size: 1.35rem }
p { margin: 0; overflow-wrap: anywhere }
footer { margin-top: 1.5rem; color: var(--muted); font-size: .85rem }
`;

/** The page as HTML: whole in itself, no script, nothing loaded. */
export function webPage({ title, tone, content, style = '' }: WebPage): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)} · Sigilforge</title>
<style>${STYLE}${style}</style>
</head>
<body>
<main class="${tone}">
<h1>${escapeHtml(title)}</h1>
${content}
<footer>Sigilforge</footer>
</main>
</body>
</html>
`;
}

/** How a Content-Security-Policy allows the CSS of a page with this `style`, and no other. */
export function styleSource(style = ''): string {
  return `'sha256-${createHash('sha256').update(`${STYLE}${style}`).digest('base64')}'`;
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '');
}
