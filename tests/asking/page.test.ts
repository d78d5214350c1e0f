import { once } from 'node:events';
import net from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { PageServer } from '../../daemon/core/asking/page/page-server.js';
import { Secret } from '../../shared/secret.js';
import { exchange, pageScene, post, type Reply, sendBytes, visit } from './page-scene.js';

// The page on which a person answers a request for secrets, by HTTP as browsers and other programs speak it.

const CANARY = 'Page7zLeak+4kQx&Zw9é';

/** What every answer has. */
const STRICT = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy': expect.stringMatching(
    /^default-src 'none'; style-src 'sha256-[A-Za-z0-9+/=]{44}'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'$/,
  ),
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'x-frame-options': 'DENY',
  connection: 'close',
};

function headersOf(answer: string): { status: number; headers: Record<string, string> } {
  const [head = ''] = answer.split('\r\n\r\n');
  const [first = '', ...lines] = head.split('\r\n');
  const headers = lines.map((line) => line.split(/: (.*)/s)).map(([name = '', value = '']) => [name, value]);
  return { status: Number(first.split(' ')[1]), headers: Object.fromEntries(headers) };
}

function expectRefused(reply: Reply, status: number): void {
  expect(reply.status).toBe(status);
  expect(reply.headers).toMatchObject(STRICT);
  expect(reply.headers).not.toHaveProperty('set-cookie');
  expect(reply.headers).not.toHaveProperty('server');
  expect(reply.headers).not.toHaveProperty('location');
  expect(reply.text).not.toContain('weather');
}

test('what is typed is saved, and the page says what was saved, by name only', async () => {
  const { ask, kept } = await pageScene();
  const { url, words, request } = await ask({ name: 'API_KEY' }, { name: 'USER' });
  const first = await visit(url);
  expect(first.status).toBe(200);
  expect(first.headers).toMatchObject(STRICT);
  const fields = { 'value.API_KEY': CANARY, 'value.USER': 'ada', words, action: 'save' };
  const done = await post(url, first.cookie, fields);
  expect(done.status).toBe(200);
  expect(done.headers).toMatchObject(STRICT);
  expect(done.text).toContain('API_KEY, USER were saved for weather.');
  expect(done.text).not.toContain(CANARY.slice(0, 12));
  expect(await kept()).toEqual({ API_KEY: CANARY, USER: 'ada' });
  expect(request.state.status).toBe('saved');
  for (const later of [
    await visit(url),
    await visit(url, first.cookie),
    await post(url, first.cookie, fields),
  ])
    expect([later.status, later.text]).toEqual([200, done.text]);
});

test('the words count however they are spaced, and in capitals', async () => {
  const { ask, kept } = await pageScene();
  const { url, words } = await ask();
  const { cookie } = await visit(url);
  const typed = ` ${words.toUpperCase().replace(' ', '  ')} `;
  expect((await post(url, cookie, { 'value.API_KEY': 'k', words: typed, action: 'save' })).status).toBe(200);
  expect(await kept()).toEqual({ API_KEY: 'k' });
});

test('declining needs neither words nor values', async () => {
  const { ask, kept } = await pageScene();
  const { url, request } = await ask();
  const { cookie } = await visit(url);
  const declined = await post(url, cookie, { action: 'decline' });
  expect(declined.status).toBe(410);
  expect(declined.text).toContain('<h1>Declined</h1>');
  expect(request.state).toMatchObject({ status: 'declined', error: 'It was declined.' });
  expect(await kept()).toEqual({});
});

test('a form that is not filled in comes again, takes no try, and repeats nothing', async () => {
  const { ask, kept } = await pageScene();
  const { url, words, request } = await ask({ name: 'API_KEY' }, { name: 'USER' });
  const { cookie } = await visit(url);
  const forms: [Record<string, string>, string[]][] = [
    [{ 'value.API_KEY': CANARY, words }, ['value-1']],
    [{ 'value.API_KEY': CANARY, 'value.USER': '', words }, ['value-1']],
    [{ 'value.API_KEY': CANARY, 'value.USER': 'ada', words: ' ' }, ['words']],
    [{ 'value.API_KEY': CANARY, 'value.USER': 'x'.repeat(256 * 1024 + 1), words }, ['value-1']],
    [{}, ['value-0', 'value-1', 'words']],
  ];
  for (const [fields, wrong] of forms) {
    const again = await post(url, cookie, { ...fields, action: 'save' });
    expect(again.status).toBe(422);
    expect(again.headers).toMatchObject(STRICT);
    const inputs = [...again.text.matchAll(/<input id="([^"]+)"[^>]*>/g)];
    const invalid = inputs.filter(([input]) => input.includes('aria-invalid="true"'));
    expect(invalid.map(([, id]) => id)).toEqual(wrong);
    for (const [input, id] of invalid) {
      expect(input).toMatch(new RegExp(`aria-describedby="${id}-error`));
      expect(again.text).toContain(`id="${id}-error"`);
    }
    expect(invalid.filter(([input]) => input.includes('autofocus'))).toEqual([invalid[0]]);
    expect(again.text).toContain('role="alert"');
    expect(again.text).not.toMatch(/<input[^>]* value=/);
    expect(again.text).not.toContain(CANARY.slice(0, 12));
    expect(again.text).not.toContain(words);
  }
  expect(request.triesLeft).toBe(3);
  expect(await kept()).toEqual({});
});

test('a program that opens the page first and guesses the words saves nothing', async () => {
  const { ask, kept } = await pageScene();
  const { url, words, request } = await ask();
  const { cookie } = await visit(url);
  const guess = (guessed: string) =>
    post(url, cookie, { 'value.API_KEY': CANARY, words: guessed, action: 'save' });
  for (const [guessed, said] of [
    ['one two', 'You have 2 more tries.'],
    [words.split(' ')[0] ?? '', 'You have one more try.'],
  ] as const) {
    const wrong = await guess(guessed);
    expect(wrong.status).toBe(422);
    expect(wrong.text).toContain(said);
    expect(wrong.text).not.toContain(words);
    expect(wrong.text).not.toContain(CANARY.slice(0, 12));
  }
  const third = await guess('three four');
  expect(third.status).toBe(410);
  expect(third.text).toContain('The words were wrong 3 times.');
  expect((await guess(words)).status).toBe(410);
  expect(request.state).toMatchObject({ status: 'ended', error: 'The words were wrong 3 times.' });
  expect(await kept()).toEqual({});
});

test('guesses that come at once are counted one by one', async () => {
  const { ask, kept } = await pageScene();
  const { url, request } = await ask();
  const { cookie } = await visit(url);
  const guesses = Array.from({ length: 20 }, (_, index) =>
    post(url, cookie, { 'value.API_KEY': 'x', words: `guess ${index}`, action: 'save' }),
  );
  const statuses = (await Promise.all(guesses)).map(({ status }) => status).sort();
  expect(statuses).toEqual([...Array(18).fill(410), 422, 422].sort());
  expect(request.state.status).toBe('ended');
  expect(await kept()).toEqual({});
});

test('the first opening sets a cookie for this page only', async () => {
  const { ask } = await pageScene();
  const { url } = await ask();
  const { pathname } = new URL(url);
  expect(pathname).toMatch(/^\/[A-Za-z0-9_-]{43}$/);
  const { headers, cookie } = await visit(url);
  expect(headers['set-cookie']).toEqual([`${cookie}; Path=${pathname}; HttpOnly; SameSite=Lax`]);
  expect(cookie).toMatch(/^sigilforge-page=[A-Za-z0-9_-]{43}$/);
  const again = await visit(url, `other=1; ${cookie}`);
  expect(again.status).toBe(200);
  expect(again.headers).not.toHaveProperty('set-cookie');
});

test.each([
  ['no cookie', undefined],
  ['another cookie', `sigilforge-page=${'A'.repeat(43)}`],
])('a second opening, with %s, ends the request and says so', async (_, cookie) => {
  const { ask, kept } = await pageScene();
  const { url, words, request } = await ask();
  const first = await visit(url);
  const second = await visit(url, cookie);
  expect(second.status).toBe(410);
  expect(second.headers).not.toHaveProperty('set-cookie');
  expect(second.text).toContain('opened a second time, by another browser or program');
  expect(second.text).not.toContain('<form');
  expect(request.state.status).toBe('ended');
  const late = await post(url, first.cookie, { 'value.API_KEY': CANARY, words, action: 'save' });
  expect(late.status).toBe(410);
  expect(late.text).toBe(second.text);
  expect(await kept()).toEqual({});
});

test('a browser that fetches ahead, or shows the page inside another, opens nothing', async () => {
  const { ask } = await pageScene();
  const { url, request } = await ask();
  const ahead: Record<string, string>[] = [
    { 'sec-purpose': 'prefetch' },
    { 'sec-purpose': 'prefetch;prerender' },
    { purpose: 'prefetch' },
  ];
  for (const headers of ahead) expectRefused(await visit(url, undefined, headers), 503);
  for (const dest of ['iframe', 'image', 'empty'])
    expectRefused(await visit(url, undefined, { 'sec-fetch-dest': dest }), 403);
  expect((await visit(url, undefined, { 'sec-fetch-dest': 'document' })).status).toBe(200);
  expect(request.state.status).toBe('pending');
});

test('a form that the page did not send changes nothing', async () => {
  const { ask, kept } = await pageScene();
  const { url, words, request } = await ask();
  const { cookie } = await visit(url);
  const { origin, port } = new URL(url);
  const fields = { 'value.API_KEY': CANARY, words, action: 'save' };
  const own = { origin };
  const wrong: [string | undefined, Record<string, string>][] = [
    [undefined, own],
    ['sigilforge-page=', own],
    [`sigilforge-page=${'A'.repeat(43)}`, own],
    [`x${cookie}`, own],
    [cookie, {}],
    [cookie, { origin: 'null' }],
    [cookie, { origin: 'null', 'sec-fetch-site': 'same-origin' }],
    [cookie, { origin: `http://localhost:${port}` }],
    [cookie, { origin: 'http://127.0.0.1' }],
    [cookie, { origin: `https://127.0.0.1:${port}` }],
    [cookie, { origin: `${origin}.example.org` }],
    [cookie, { 'sec-fetch-site': 'same-site' }],
    [cookie, { 'sec-fetch-site': 'cross-site' }],
    [cookie, { 'sec-fetch-site': 'none' }],
  ];
  for (const [sent, headers] of wrong) {
    expectRefused(await post(url, sent, fields, headers), 403);
    expectRefused(await post(url, sent, { action: 'decline' }, headers), 403);
  }
  expect(request).toMatchObject({ triesLeft: 3, status: 'pending' });
  expect(await kept()).toEqual({});
  expect((await post(url, cookie, fields, { 'sec-fetch-site': 'same-origin' })).status).toBe(200);
});

test('a form is not sent before the page was opened', async () => {
  const { ask, kept } = await pageScene();
  const { url, words, request } = await ask();
  const fields = { 'value.API_KEY': CANARY, words, action: 'save' };
  expectRefused(await post(url, undefined, fields), 403);
  expect(request.state.status).toBe('pending');
  expect((await visit(url)).status).toBe(200);
  expect(await kept()).toEqual({});
});

test('only the exact Host is answered', async () => {
  const { ask } = await pageScene();
  const { url, request } = await ask();
  const { port } = new URL(url);
  const others = [`localhost:${port}`, '127.0.0.1', `127.0.0.1:${port}.`, `evil.example:${port}`, '127.1'];
  for (const host of others) expectRefused(await visit(url, undefined, { host }), 421);
  const { pathname } = new URL(url);
  for (const head of [`GET ${pathname} HTTP/1.1`, `GET ${pathname} HTTP/1.0`]) {
    const { status, headers } = headersOf(await sendBytes(url, `${head}\r\n\r\n`));
    expect(status).toBe(421);
    expect(headers).toMatchObject(STRICT);
  }
  expect(request.state.status).toBe('pending');
  expect((await visit(url)).status).toBe(200);
});

test('only the exact path is a page', async () => {
  const { ask } = await pageScene();
  const { url, request } = await ask();
  const { origin, host, pathname } = new URL(url);
  const others = [
    ...[
      '/',
      '/favicon.ico',
      `${pathname}/`,
      `${pathname}?`,
      `${pathname}?a=1`,
      `/${pathname}`,
      `/x${pathname}`,
    ],
    ...[pathname.slice(0, -1), pathname.toLowerCase(), `/${'A'.repeat(43)}`, '/__proto__', '/%00'],
  ];
  for (const path of others) {
    const reply = await sendBytes(url, `GET ${path} HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
    const { status, headers } = headersOf(reply);
    expect([path, status]).toEqual([path, 404]);
    expect(headers).toMatchObject(STRICT);
    expect(reply).not.toContain('weather');
  }
  for (const target of [url, '*', `//evil.example${pathname}`, `${origin}/`])
    expect(headersOf(await sendBytes(url, `GET ${target} HTTP/1.1\r\nHost: ${host}\r\n\r\n`)).status).toBe(
      404,
    );
  expect(request.state.status).toBe('pending');
  expect((await visit(url)).status).toBe(200);
});

test.each(['HEAD', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'TRACE', 'PROPFIND'])(
  '%s is not a method of a page',
  async (method) => {
    const { ask } = await pageScene();
    const { url, request } = await ask();
    const reply = await exchange(url, { method });
    expectRefused(reply, 405);
    expect(reply.headers.allow).toBe('GET, POST');
    expect(request.state.status).toBe('pending');
    expect((await visit(url)).status).toBe(200);
  },
);

test('requests of one capability come one after another', async () => {
  const { ask, kept } = await pageScene();
  const first = await ask({ name: 'API_KEY' });
  const second = await ask({ name: 'USER' });
  expect(second.words).toBe('');
  const early = await visit(second.url);
  expect(early.status).toBe(200);
  expect(early.headers).toMatchObject(STRICT);
  expect(early.headers).not.toHaveProperty('set-cookie');
  expect(early.text).toContain('Another request comes first');
  expect(early.text).not.toContain('<form');
  expectRefused(await post(second.url, undefined, { 'value.USER': 'x', words: '', action: 'save' }), 403);
  const { cookie } = await visit(first.url);
  await post(first.url, cookie, { 'value.API_KEY': 'one', words: first.words, action: 'save' });
  const { cookie: other, status } = await visit(second.url, cookie);
  expect(status).toBe(200);
  const words = second.request.words ?? '';
  await post(second.url, cookie, { 'value.USER': 'two', words, action: 'save' }).then(({ status: refused }) =>
    expect(refused).toBe(403),
  );
  expect((await post(second.url, other, { 'value.USER': 'two', words, action: 'save' })).status).toBe(200);
  expect(await kept()).toEqual({ API_KEY: 'one', USER: 'two' });
});

test('a page says how its request ended', async () => {
  const { core, ask } = await pageScene();
  const expired = await ask();
  expired.request.end('expired', 'No person answered in time.');
  const late = await visit(expired.url);
  expect([late.status, late.text]).toEqual([410, expect.stringContaining('No person answered in time.')]);
  const declined = await ask();
  core.asking.secretRequests.decline(declined.id);
  expect((await visit(declined.url)).text).toContain('Declined');
});

test('what cannot be stored is said, and the request stays open', async () => {
  const { core, ask, kept } = await pageScene();
  const { url, words, request } = await ask();
  const many = Array.from({ length: 256 }, (_, index) => [`KEY_${index}`, new Secret('x')] as const);
  await core.capabilities.ownSecrets.setAll('weather', new Map(many));
  const { cookie } = await visit(url);
  const fields = { 'value.API_KEY': CANARY, words, action: 'save' };
  const full = await post(url, cookie, fields);
  expect(full.status).toBe(422);
  expect(full.text).toContain(
    'Nothing was saved: A capability has at most 256 secrets. Delete one that is not needed.',
  );
  expect(full.text).toContain('role="alert"');
  expect(full.text).not.toContain(CANARY.slice(0, 12));
  expect(request).toMatchObject({ triesLeft: 3, status: 'pending' });
  await core.capabilities.ownSecrets.delete('weather', 'KEY_0');
  expect((await post(url, cookie, fields)).status).toBe(200);
  expect(await kept()).toMatchObject({ API_KEY: CANARY });
});

test('the words of a capability are shown as its own, and cannot be anything else', async () => {
  const { ask } = await pageScene();
  const hostile = `</blockquote><script>alert(1)</script><h1 onclick='x'>"&amp;\u202eevil\u2066\u0007\nline`;
  const { url } = await ask({ name: 'API_KEY', description: hostile, obtain_instructions: hostile });
  const { text } = await visit(url);
  expect(text).not.toMatch(/<script|onclick='|[\u202a-\u202e\u2066-\u2069]/);
  expect(text).not.toContain('\u0007');
  const shown =
    '&lt;/blockquote&gt;&lt;script&gt;alert(1)&lt;/script&gt;&lt;h1 onclick=&#39;x&#39;&gt;&quot;&amp;amp; evil   line';
  expect(text).toContain(`weather says:</p><blockquote><p>${shown}</p><p>${shown}</p></blockquote>`);
  expect(text.match(/<h1/g)).toHaveLength(1);
});

test('a secret that nothing is said about has nothing quoted', async () => {
  const { ask } = await pageScene();
  const { text } = await visit((await ask()).url);
  expect(text).not.toMatch(/says:|<blockquote/);
});

test.each([
  [
    'https://weather.example.org/keys?a=1&b="2"',
    '<a href="https://weather.example.org/keys?a=1&amp;b=%222%22" rel="noopener noreferrer" target="_blank">weather.example.org</a>',
  ],
  ['https://bank.example@evil.example:8443/', 'target="_blank">evil.example:8443</a>'],
  ['https://аpple.example/', '>xn--pple-43d.example</a>'],
  ['http://127.0.0.1:8080/keys', '<p>Get it at 127.0.0.1:8080</p>'],
])('where to get a secret: %s', async (obtain, shown) => {
  const { ask } = await pageScene();
  const { text } = await visit((await ask({ name: 'API_KEY', obtain })).url);
  expect(text).toContain(shown);
  expect(text.match(/href=/g)?.length ?? 0).toBe(obtain.startsWith('https:') ? 1 : 0);
});

test('the page has no script and loads nothing', async () => {
  const { ask } = await pageScene();
  const { text } = await visit((await ask()).url);
  expect(text).not.toMatch(/<script|\bsrc=|url\(|@import|\son\w+=|<link|<iframe|<meta http-equiv/i);
  expect(text).toMatch(/<input [^>]*type="password"[^>]*autocomplete="off"/);
  expect(text).not.toMatch(/name="password"/i);
});

test('a body that is not the form of the page changes nothing', async () => {
  const { ask, kept } = await pageScene();
  const { url, words, request } = await ask();
  const { cookie = '' } = await visit(url);
  const { origin } = new URL(url);
  const form = 'application/x-www-form-urlencoded';
  const whole = `value.API_KEY=k&words=${words.replace(' ', '+')}&action=save`;
  const bodies: [number, string, string | Buffer][] = [
    [415, 'text/plain', whole],
    [415, 'multipart/form-data; boundary=x', whole],
    [415, 'application/x-www-form-urlencoded-not', whole],
    [400, form, ''],
    [400, form, whole.replace('save', 'other')],
    [400, form, whole.replace('&action=save', '')],
    [400, form, `${whole}&action=decline`],
    [400, form, `${whole}&value.API_KEY=other`],
    [400, form, `${whole}&x=%`],
    [400, form, `${whole}&x=%ff`],
    [400, form, Buffer.from(`${whole}&x=é`)],
    [400, form, Buffer.from([0, 255, 254, 10, 38, 61])],
    [413, form, `${whole}&x=${'x'.repeat(1024 * 1024)}`],
    [413, form, `x=${'x'.repeat(8 * 1024 * 1024)}`],
  ];
  for (const [status, type, body] of bodies) {
    const headers = { 'content-type': type, origin, cookie };
    expectRefused(await exchange(url, { method: 'POST', headers, body }), status);
  }
  expect(request).toMatchObject({ triesLeft: 3, status: 'pending' });
  expect(await kept()).toEqual({});
  const headers = { 'content-type': `${form};charset=UTF-8`, origin, cookie };
  expect((await exchange(url, { method: 'POST', headers, body: whole })).status).toBe(200);
});

test('the largest secret fits, with each of its bytes written as three', async () => {
  const { ask, kept } = await pageScene();
  const { url, words } = await ask();
  const { cookie } = await visit(url);
  const largest = 'é'.repeat(128 * 1024);
  expect((await post(url, cookie, { 'value.API_KEY': largest, words, action: 'save' })).status).toBe(200);
  expect(await kept()).toEqual({ API_KEY: largest });
});

test.each([
  ['garbage', Buffer.from([22, 3, 1, 0, 200, 0, 255, 10, 13, 10]), 400],
  ['text', 'hello\r\n\r\n', 400],
  ['a line that never was HTTP', 'GET / FTP/9\r\n\r\n', 400],
  ['two lengths', 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n', 400],
  ['a huge header', `GET / HTTP/1.1\r\nHost: x\r\nX: ${'x'.repeat(64 * 1024)}\r\n\r\n`, 431],
  ['a huge address', `GET /${'x'.repeat(64 * 1024)} HTTP/1.1\r\nHost: x\r\n\r\n`, 431],
  ['an expectation', 'POST / HTTP/1.1\r\nHost: x\r\nExpect: tea\r\nContent-Length: 1\r\n\r\n', 417],
  ['another protocol', 'GET / HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n', 421],
])('%s is refused, and the next is answered', async (_, bytes, expected) => {
  const { ask } = await pageScene();
  const { url } = await ask();
  const { status, headers } = headersOf(await sendBytes(url, bytes));
  expect(status).toBe(expected);
  expect(headers).toMatchObject(STRICT);
  expect((await visit(url)).status).toBe(200);
});

test('a tunnel is not opened', async () => {
  const { ask } = await pageScene();
  const { url } = await ask();
  const answer = await sendBytes(url, 'CONNECT 127.0.0.1:1 HTTP/1.1\r\nHost: x\r\n\r\n');
  expect(answer).not.toMatch(/^HTTP\/1.1 2/);
  expect((await visit(url)).status).toBe(200);
});

test('a connection that ends within a form changes nothing', async () => {
  const { ask } = await pageScene();
  const { url, request } = await ask();
  const { cookie } = await visit(url);
  const { host, hostname, port, origin, pathname } = new URL(url);
  const socket = net.connect(Number(port), hostname);
  const head = [
    ...[`POST ${pathname} HTTP/1.1`, `Host: ${host}`, `Origin: ${origin}`, `Cookie: ${cookie}`],
    ...['Content-Type: application/x-www-form-urlencoded', 'Content-Length: 100', 'Expect: 100-continue'],
  ];
  socket.write(`${head.join('\r\n')}\r\n\r\n`);
  // So that the server is within it.
  await once(socket, 'data');
  socket.write('action=decl');
  socket.destroy();
  await once(socket, 'close');
  expect((await visit(url, cookie)).status).toBe(200);
  expect(request.state.status).toBe('pending');
});

/** A server with little patience, and nothing on it. */
async function startHasty(): Promise<string> {
  const server = new PageServer({
    headersTimeout: 100,
    requestTimeout: 100,
    connectionsCheckingInterval: 20,
  });
  onTestFinished(() => server.stop());
  const actions = { save: () => Promise.reject(new Error('unused')), decline: () => expect.fail() };
  await server.start(() => undefined, actions);
  return server.addressOf('x');
}

test.each([
  ['nothing', ''],
  ['half a line', 'GET /'],
  ['half a head', 'GET / HTTP/1.1\r\nHost: x\r\n'],
])('a client that sends %s and waits is sent away', async (_, bytes) => {
  const { status, headers } = headersOf(await sendBytes(await startHasty(), bytes));
  expect(status).toBe(408);
  expect(headers).toMatchObject(STRICT);
});

test('so many clients may hold a connection, and no more', async () => {
  const { ask } = await pageScene();
  const { url } = await ask();
  const { hostname, port } = new URL(url);
  const clients: net.Socket[] = [];
  onTestFinished(() => {
    for (const client of clients) client.destroy();
  });
  for (let count = 0; count < 64; count += 1) {
    const client = net.connect(Number(port), hostname);
    clients.push(client);
    await once(client, 'connect');
  }
  const last = net.connect(Number(port), hostname);
  clients.push(last);
  last.on('error', () => {});
  await once(last, 'close');
  expect(clients.filter((client) => client.closed)).toEqual([last]);
  const ends = clients.slice(0, 2).map((client) => once(client, 'close'));
  for (const client of clients.slice(0, 2)) client.destroy();
  await Promise.all(ends);
  await expect
    .poll(() =>
      visit(url).then(
        ({ status }) => status,
        () => 0,
      ),
    )
    .toBe(200);
});

test('one server is begun with the first request, keeps no process alive, and ends with the core', async () => {
  const { core, ask } = await pageScene();
  const listening = () => process.getActiveResourcesInfo().filter((name) => name === 'TCPServerWrap').length;
  const before = listening();
  const asked = await Promise.all([ask(), ask(), ask()]);
  expect(new Set(asked.map(({ url }) => new URL(url).host)).size).toBe(1);
  expect(listening()).toBe(before);
  const url = asked[0]?.url ?? '';
  expect((await visit(url)).status).toBe(200);
  core.asking.secretRequests.close();
  await expect(visit(url)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
});

test('it is stopped while it begins', async () => {
  const server = new PageServer();
  const actions = { save: () => Promise.reject(new Error('unused')), decline: () => expect.fail() };
  const started = server.start(() => undefined, actions);
  server.stop();
  await expect(started).rejects.toMatchObject({ kind: 'cancelled' });
  await expect(server.start(() => undefined, actions)).rejects.toMatchObject({ kind: 'cancelled' });
});
