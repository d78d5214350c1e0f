import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { SecretRequestState } from '../../../../shared/contract/index.js';
import { asSigilforgeError } from '../../../../shared/errors.js';
import { MAX_SECRET_BYTES } from '../../../../shared/limits.js';
import type { Secret } from '../../../../shared/secret.js';
import { type Form, fieldOf, readForm } from './form.js';
import { bindingCookie, keyIn } from './headers.js';
import { earlyPage, type Fault, formPage, overPage, sentencePage } from './page.js';
import type { ShownRequest } from './shown-request.js';

/** Finds the request whose page has this path, also one that is over. */
export type FindRequest = (path: string) => ShownRequest | undefined;

/** What a page does with a request. */
export interface Actions {
  /** Throws `invalid_params`, and what storing throws. */
  save(id: string, values: ReadonlyMap<string, Secret>): Promise<SecretRequestState>;
  decline(id: string): SecretRequestState;
}

/** Where the pages are, and what they are about. */
export interface Site {
  /** `127.0.0.1:PORT`. */
  readonly host: string;
  readonly find: FindRequest;
  readonly actions: Actions;
}

/** What a browser gets. */
export interface Answer {
  readonly status: number;
  readonly html: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Answers one request of HTTP. Rejects if its connection ends first. */
export async function answerTo(incoming: IncomingMessage, site: Site): Promise<Answer> {
  if (incoming.headers.host !== site.host) return refusal(421);
  const [, path = ''] = /^\/([A-Za-z0-9_-]+)$/.exec(incoming.url ?? '') ?? [];
  const request = site.find(path);
  if (request === undefined) return refusal(404);
  if (incoming.method === 'GET') return visited(incoming.headers, path, request);
  if (incoming.method === 'POST') return posted(incoming, request, site);
  return { ...refusal(405), headers: { allow: 'GET, POST' } };
}

function visited(headers: IncomingHttpHeaders, path: string, request: ShownRequest): Answer {
  if (isAhead(headers)) return refusal(503);
  if ((headers['sec-fetch-dest'] ?? 'document') !== 'document') return refusal(403);
  const visit = request.visit(keyIn(headers.cookie));
  switch (visit.kind) {
    case 'known':
      return { status: 200, html: formPage(request) };
    case 'bound': {
      const cookie = { 'set-cookie': bindingCookie(path, visit.key) };
      return { status: 200, html: formPage(request), headers: cookie };
    }
    case 'early':
      return { status: 200, html: earlyPage(request) };
    default:
      return over(request);
  }
}

/** Whether a browser asks before a person does. */
function isAhead(headers: IncomingHttpHeaders): boolean {
  return [headers['sec-purpose'], headers['purpose']].some((purpose) =>
    String(purpose).startsWith('prefetch'),
  );
}

async function posted(incoming: IncomingMessage, request: ShownRequest, site: Site): Promise<Answer> {
  const { headers } = incoming;
  if (!request.isBound(keyIn(headers.cookie)) || !isOwnForm(headers, site)) return refusal(403);
  const form = await readForm(incoming, request.asked.secrets);
  if (typeof form === 'number') return refusal(form);
  if (request.state.status !== 'pending') return over(request);
  if (form.action === 'save') return saved(form, request, site);
  site.actions.decline(request.id);
  return over(request);
}

/** Whether a page of this server sent it. */
function isOwnForm({ origin, 'sec-fetch-site': from }: IncomingHttpHeaders, { host }: Site): boolean {
  return origin === undefined ? from === 'same-origin' : origin === `http://${host}`;
}

async function saved(form: Form, request: ShownRequest, { actions }: Site): Promise<Answer> {
  const fields = faultyFields(form, request);
  if (fields.size > 0) return again(request, { sentence: 'Nothing was saved yet: see below.', fields });
  if (!request.takesWords(form.words)) return wrongWords(request);
  try {
    await actions.save(request.id, form.values);
  } catch (thrown) {
    const { message, hint } = asSigilforgeError(thrown);
    return again(request, { sentence: `Nothing was saved: ${message} ${hint}`, fields: new Map() });
  }
  return over(request);
}

function faultyFields({ words, values }: Form, { asked }: ShownRequest): Map<string, string> {
  const faults = new Map<string, string>();
  for (const { name } of asked.secrets) {
    const value = values.get(name)?.reveal();
    if (value === undefined) faults.set(fieldOf(name), `Type or paste the value of ${name}.`);
    else if (Buffer.byteLength(value) > MAX_SECRET_BYTES)
      faults.set(fieldOf(name), `A value has at most ${MAX_SECRET_BYTES / 1024} KiB.`);
  }
  if (words.trim() === '') faults.set('words', 'Type the two words that Sigilforge shows.');
  return faults;
}

function wrongWords(request: ShownRequest): Answer {
  const left = request.triesLeft;
  const tries = left === 1 ? 'one more try' : `${left} more tries`;
  return again(request, {
    sentence: `Nothing was saved: these are not the two words. You have ${tries}.`,
    fields: new Map([['words', 'Type the two words as Sigilforge shows them.']]),
  });
}

/** The form again, unless the request is over by now. */
function again(request: ShownRequest, fault: Fault): Answer {
  return request.state.status === 'pending' ? { status: 422, html: formPage(request, fault) } : over(request);
}

function over(request: ShownRequest): Answer {
  return { status: request.state.status === 'saved' ? 200 : 410, html: overPage(request) };
}

const REFUSALS = {
  400: ['Not readable', 'Sigilforge cannot read this. Open the page again.'],
  403: ['Not allowed', 'Answer on the page itself, in the browser that opened it first.'],
  404: ['Nothing here', 'There is no such page.'],
  405: ['Not possible', 'A page is opened, or its form is sent.'],
  413: ['Too long', 'Nothing was saved. Answer in a terminal: sigilforge secret requests'],
  415: ['Not readable', 'Only the form of the page is read.'],
  421: ['Nothing here', 'There is no such page.'],
  503: ['Not yet', 'Open the page yourself.'],
} as const;

function refusal(status: keyof typeof REFUSALS): Answer {
  const [title, text] = REFUSALS[status];
  return { status, html: sentencePage(title, text, 'bad') };
}
