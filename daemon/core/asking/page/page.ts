import type { WantedSecret } from '../../../../shared/manifest.js';
import { printable } from '../../../../shared/printable.js';
import { escapeHtml, type WebPage, webPage } from '../../platform/web-page.js';
import { fieldOf } from './form.js';
import type { ShownRequest } from './shown-request.js';
import { FORM_STYLE } from './style.js';

/** Why a form is shown again. */
export interface Fault {
  readonly sentence: string;
  /** Sentences by the names of the fields that they are about. */
  readonly fields: ReadonlyMap<string, string>;
}

/** An input of the form, with the HTML of what it is called and of what is said about it. */
interface Field {
  readonly id: string;
  readonly name: string;
  readonly type: 'password' | 'text';
  readonly label: string;
  readonly help: string;
}

/** A page with one sentence or a few. */
export function sentencePage(title: string, text: string, tone: WebPage['tone'] = 'plain'): string {
  return webPage({ title, tone, content: `<p>${escapeHtml(text)}</p>`, style: FORM_STYLE });
}

/** How a request ended. */
export function overPage({ asked, state }: ShownRequest): string {
  const { name } = asked.capability;
  const secrets = asked.secrets.map((secret) => secret.name).join(', ');
  const were = asked.secrets.length === 1 ? 'was' : 'were';
  switch (state.status) {
    case 'saved':
      return sentencePage('Saved', `${secrets} ${were} saved for ${name}. You can close this tab.`, 'good');
    case 'declined':
      return sentencePage('Declined', 'Nothing was saved. You can close this tab.');
    default: {
      const title = state.status === 'expired' ? 'Too late' : 'This request is over';
      return sentencePage(title, `${state.error ?? ''} Nothing was saved for ${name}.`, 'bad');
    }
  }
}

/** For a request whose turn has not come. */
export function earlyPage({ asked }: ShownRequest): string {
  const { name } = asked.capability;
  return sentencePage(
    'Another request comes first',
    `${name} asked for something else before this. Answer that first, then reload this page.`,
  );
}

/** The form. It never holds a value that was typed. */
export function formPage(request: ShownRequest, fault?: Fault): string {
  const { capability, secrets } = request.asked;
  const count = secrets.length === 1 ? 'a secret' : `${secrets.length} secrets`;
  const fields = [...secrets.map((secret, index) => secretField(capability.name, secret, index)), WORDS];
  const firstWrong = fields.find(({ name }) => fault?.fields.has(name));
  return webPage({
    title: `${capability.name} asks for ${count}`,
    tone: fault ? 'bad' : 'plain',
    style: FORM_STYLE,
    content: `
${fault ? `<div class="alert" role="alert"><p>${escapeHtml(fault.sentence)}</p></div>` : ''}
<p>Only runs of the capability <code>${escapeHtml(capability.name)}</code> get what you save here.${untilIn(request)}</p>
<form method="post" autocomplete="off">
${fields.map((field) => fieldHtml(field, fault?.fields.get(field.name), field === firstWrong)).join('\n')}
<div class="buttons">
<button name="action" value="save">Save</button>
<button name="action" value="decline" formnovalidate>Decline</button>
</div>
</form>
<p class="help">For a value of several lines, answer in a terminal with:
<code>sigilforge secret answer ${escapeHtml(request.id)}</code></p>`,
  });
}

const WORDS: Field = {
  ...{ id: 'words', name: 'words', type: 'text', label: 'The two words' },
  help: `<p class="help" id="words-help">Type the two words that Sigilforge shows: in its notification, or in a terminal
with <code>sigilforge secret requests</code>. The capability does not know them.</p>`,
};

function secretField(capability: string, secret: WantedSecret, index: number): Field {
  const id = `value-${index}`;
  const said = [secret.description, secret.obtain_instructions ?? '']
    .filter((text) => text.trim() !== '')
    .map((text) => `<p>${escapeHtml(printable(text))}</p>`);
  const all = [...said, secret.obtain === undefined ? '' : obtainHtml(secret.obtain)].join('');
  return {
    ...{ id, name: fieldOf(secret.name), type: 'password' },
    label: `Value of <code>${escapeHtml(secret.name)}</code>`,
    help:
      all &&
      `<div id="${id}-help"><p class="says">${escapeHtml(capability)} says:</p><blockquote>${all}</blockquote></div>`,
  };
}

/** Its host shows where it leads, spelt so that no letter is taken for another. */
function obtainHtml(address: string): string {
  const { protocol, host, href } = new URL(address);
  const where = escapeHtml(host);
  if (protocol !== 'https:') return `<p>Get it at ${where}</p>`;
  const link = `<a href="${escapeHtml(href)}" rel="noopener noreferrer" target="_blank">${where}</a>`;
  return `<p>Get it at ${link} (opens a new tab)</p>`;
}

function fieldHtml(
  { id, name, type, label, help }: Field,
  error: string | undefined,
  first: boolean,
): string {
  const described = [error && `${id}-error`, help && `${id}-help`].filter(Boolean).join(' ');
  return `<div class="field">
<label for="${id}">${label}</label>
${help}
<input id="${id}" name="${escapeHtml(name)}" type="${type}" required autocomplete="off" autocapitalize="none"
 autocorrect="off" spellcheck="false"${described && ` aria-describedby="${described}"`}${error ? ' aria-invalid="true"' : ''}${first ? ' autofocus' : ''}>
${error ? `<p class="error" id="${id}-error">${escapeHtml(error)}</p>` : ''}
</div>`;
}

/** By the clock of the machine, which is that of the person. */
function untilIn({ expiresAt }: ShownRequest): string {
  if (expiresAt === null) return '';
  const time = new Date(expiresAt);
  const shown = [time.getHours(), time.getMinutes()].map((part) => String(part).padStart(2, '0')).join(':');
  return ` Answer until <time datetime="${expiresAt}">${shown}</time>.`;
}
