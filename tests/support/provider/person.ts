import { CookieJar } from './cookie-jar.js';

export interface PersonOptions {
  /** The name to sign in with. */
  readonly login?: string;
  /** Whether the person refuses when asked for consent. */
  readonly deny?: boolean;
}

/** A page that the person ends on. */
export interface Page {
  readonly url: string;
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

/** Signs in and consents, goes back to the program, and returns the page that it shows there. */
export async function signIn(authorizationUrl: string, options: PersonOptions = {}): Promise<Page> {
  return openPage(await authorize(authorizationUrl, options));
}

/** As `signIn`, but returns the callback's address unopened, with its `code` or `error`, `state` and `iss`. */
export async function authorize(authorizationUrl: string, options: PersonOptions = {}): Promise<URL> {
  const end = await walk(authorizationUrl, options);
  if (end instanceof URL) return end;
  throw new Error(`The sign-in ended at the provider with status ${end.status}: ${end.text}`);
}

/** Opens `verification_uri_complete`, confirms the code, signs in and consents; returns the last page. */
export async function approveDevice(verificationUrl: string, options: PersonOptions = {}): Promise<Page> {
  const end = await walk(verificationUrl, options);
  if (end instanceof URL) throw new Error('The device sign-in left the provider.');
  return end;
}

/** Opens an address as a browser would that has been sent there. */
export async function openPage(address: URL | string): Promise<Page> {
  return toPage(await fetch(address));
}

/** A sign-in takes fewer than ten. */
const MOST_STEPS = 30;

/** Answers the provider's forms until there is none left, or an address that is not the provider's comes. */
async function walk(start: string, options: PersonOptions): Promise<Page | URL> {
  const { origin } = new URL(start);
  const jar = new CookieJar();
  let next = new Request(start);
  for (let steps = 0; steps < MOST_STEPS; steps++) {
    const response = await fetchWithCookies(next, jar);
    const location = response.headers.get('location');
    if (location !== null) {
      const target = new URL(location, next.url);
      if (target.origin !== origin) return target;
      next = new Request(target);
      continue;
    }
    const page = await toPage(response);
    const answer = answerTo(page, options);
    if (answer === undefined) return page;
    next = answer;
  }
  throw new Error(`The provider led from ${start} in a circle, at last to ${next.url}.`);
}

async function fetchWithCookies(request: Request, jar: CookieJar): Promise<Response> {
  const cookie = jar.header(new URL(request.url));
  if (cookie !== '') request.headers.set('cookie', cookie);
  const response = await fetch(request, { redirect: 'manual' });
  jar.store(response.headers);
  return response;
}

/**
 * What the person does on a page: every form is sent with what it holds, and consent is given or refused.
 * Only the form that asks for a device's code is left alone: it comes again when all is over.
 */
function answerTo(page: Page, options: PersonOptions): Request | undefined {
  const action = /<form[^>]*\saction="([^"]+)"/.exec(page.text)?.[1];
  const asksForCode = page.text.includes('op.deviceInputForm');
  if (page.status !== 200 || action === undefined || asksForCode) return undefined;
  const fields = hiddenFields(page.text);
  if (fields.get('prompt') === 'consent' && options.deny) return new Request(cancelLink(page));
  if (fields.get('prompt') === 'login') {
    fields.set('login', options.login ?? 'ada');
    fields.set('password', 'a password');
  }
  return new Request(new URL(plain(action), page.url), { method: 'POST', body: fields });
}

function hiddenFields(html: string): URLSearchParams {
  const fields = new URLSearchParams();
  for (const [, name = '', value = ''] of html.matchAll(/type="hidden" name="([^"]+)" value="([^"]*)"/g)) {
    fields.set(name, plain(value));
  }
  return fields;
}

function cancelLink(page: Page): URL {
  const link = /<a href="([^"]+)">\[ Cancel \]/.exec(page.text)?.[1];
  if (link === undefined) throw new Error('The page has no link to cancel.');
  return new URL(plain(link), page.url);
}

function plain(html: string): string {
  return html.replace(/&(amp|quot|lt|gt|#39);/g, (_, name: string) => ENTITIES[name] ?? '');
}

const ENTITIES: Record<string, string> = { amp: '&', quot: '"', lt: '<', gt: '>', '#39': "'" };

async function toPage(response: Response): Promise<Page> {
  const { url, status, headers } = response;
  return { url, status, headers, text: await response.text() };
}
