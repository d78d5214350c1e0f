import { CookieJar } from './cookie-jar.js';
import { openPage, type Page } from './person.js';

/** What the person answers when asked. */
export interface Decision {
  /** Whether the person refuses. */
  readonly deny?: boolean;
}

const CREDENTIALS = { email: 'ada@example.org', password: 'a password of hers' };

/** Somebody with an account at better-auth, and a browser of their own. The site's pages are calls of its API. */
export class BetterAuthPerson {
  readonly #jar = new CookieJar();
  readonly #issuer: string;

  constructor(issuer: string) {
    this.#issuer = issuer;
  }

  /** Makes the account at the site. */
  async signUp(): Promise<void> {
    await this.#post('/sign-up/email', { ...CREDENTIALS, name: 'Ada' });
  }

  /** Signs in and consents, goes back to the program, and returns the page that it shows there. */
  async signIn(authorizationUrl: string, decision: Decision = {}): Promise<Page> {
    return openPage(await this.authorize(authorizationUrl, decision));
  }

  /** As `signIn`, but returns the callback's address unopened. */
  async authorize(authorizationUrl: string, { deny = false }: Decision = {}): Promise<URL> {
    const { origin } = new URL(authorizationUrl);
    let next = await this.#next(await this.#fetch(new Request(authorizationUrl)));
    while (next.origin === origin) {
      const oauth_query = next.search.slice(1);
      if (next.pathname === '/login')
        next = await this.#decide('/sign-in/email', { ...CREDENTIALS, oauth_query });
      else if (next.pathname === '/consent')
        next = await this.#decide('/oauth2/consent', { accept: !deny, oauth_query });
      else throw new Error(`The site has no page ${next.pathname}.`);
    }
    return next;
  }

  /** Opens `verification_uri_complete`, signs in, and approves what the device asks for, or refuses it. */
  async decideDevice(verificationUrl: string, { deny = false }: Decision = {}): Promise<void> {
    const userCode = new URL(verificationUrl).searchParams.get('user_code') ?? '';
    await this.#post('/sign-in/email', CREDENTIALS);
    await this.#read(await this.#send(`/device?user_code=${userCode}`));
    await this.#post(deny ? '/device/deny' : '/device/approve', { userCode });
  }

  /** The `cookie` header of the browser. */
  get cookie(): string {
    return this.#jar.header(new URL(this.#issuer));
  }

  async #post(path: string, body: object): Promise<Record<string, unknown>> {
    return this.#read(await this.#send(path, body));
  }

  async #decide(path: string, body: object): Promise<URL> {
    return this.#next(await this.#send(path, body));
  }

  /** Where the browser goes next. A request by `fetch` is told so in JSON, in place of a redirect. */
  async #next(response: Response): Promise<URL> {
    const { url } = await this.#read(response);
    return new URL(String(url), this.#issuer);
  }

  #send(path: string, body?: object): Promise<Response> {
    const headers = { origin: new URL(this.#issuer).origin, 'content-type': 'application/json' };
    const init = body === undefined ? {} : { method: 'POST', headers, body: JSON.stringify(body) };
    return this.#fetch(new Request(this.#issuer + path, init));
  }

  async #fetch(request: Request): Promise<Response> {
    const cookie = this.#jar.header(new URL(request.url));
    if (cookie !== '') request.headers.set('cookie', cookie);
    const response = await fetch(request, { redirect: 'manual' });
    this.#jar.store(response.headers);
    return response;
  }

  async #read(response: Response): Promise<Record<string, unknown>> {
    const text = await response.text();
    if (!response.ok) throw new Error(`${response.url} answered with status ${response.status}: ${text}`);
    return JSON.parse(text) as Record<string, unknown>;
  }
}
