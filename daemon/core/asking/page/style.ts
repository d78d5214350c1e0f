/** CSS of the form, besides that of every page. */
export const FORM_STYLE = `
:root { --error: #b3261e; --link: #0969da; --quote: #f6f8fa }
@media (prefers-color-scheme: dark) { :root { --error: #ff8f87; --link: #79b8ff; --quote: #0d1117 } }
main { margin: 1rem 0; width: min(34rem, calc(100vw - 2rem)) }
@media (max-width: 30rem) { main { padding: 1.25rem } }
p + p { margin-top: .5rem }
a { color: var(--link) }
code { font: .9em ui-monospace, monospace; overflow-wrap: anywhere }
h1 { overflow-wrap: anywhere }
.alert { margin: 1rem 0; padding: .5rem .75rem; border: 1px solid var(--error); border-radius: 6px; color: var(--error) }
.field { margin-top: 1.5rem }
label { display: block; font-weight: 600 }
.says, .help { color: var(--muted); font-size: .9rem }
blockquote { margin: .25rem 0 .5rem; padding: .5rem .75rem; overflow: hidden; background: var(--quote);
  border-left: 3px solid var(--muted); border-radius: 0 6px 6px 0; font-size: .9rem }
input { box-sizing: border-box; display: block; width: 100%; margin-top: .375rem; padding: .5rem .75rem;
  border: 1px solid var(--muted); border-radius: 6px; background: var(--card); color: var(--text); font: inherit }
input[aria-invalid] { border: 2px solid var(--error) }
.error { margin-top: .25rem; color: var(--error); font-size: .9rem }
.buttons { display: flex; flex-wrap: wrap; gap: .75rem; margin: 1.5rem 0 }
button { padding: .5rem 1.25rem; border: 1px solid var(--muted); border-radius: 6px; background: var(--card);
  color: var(--text); font: inherit; font-weight: 600; cursor: pointer }
button[value=save] { border-color: var(--good); background: var(--good); color: #fff }
:focus-visible { outline: 3px solid var(--link); outline-offset: 2px }
`;
