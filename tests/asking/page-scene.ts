import http from 'node:http';
import net from 'node:net';
import { text } from 'node:stream/consumers';
import type { SecretRequest } from '../../daemon/core/asking/secret-request.js';
import type { Core } from '../../daemon/core/core.js';
import { weather, writeCapability } from '../support/capabilities.js';
import { openTestCore } from '../support/start/core.js';
import { createSandbox } from '../support/start/sandbox.js';
import { stopAfter } from '../support/start/stop-after.js';
import { readBody } from '../support/wire/loopback.js';

/** A secret as a capability asks for it. */
interface Wanted {
  readonly name: string;
  readonly description?: string;
  readonly obtain?: string;
  readonly obtain_instructions?: string;
}

/** A request and its page. */
interface Asked {
  readonly id: string;
  readonly url: string;
  readonly words: string;
  readonly request: SecretRequest;
}

/** The core in this process, with the capability `weather`. */
export interface PageScene {
  readonly core: Core;
  readonly home: string;
  ask(...secrets: Wanted[]): Promise<Asked>;
  /** The secrets that runs of `weather` get. */
  kept(): Promise<Record<string, string>>;
}

/** Stopped when the running test ends. */
export async function pageScene(): Promise<PageScene> {
  const sandbox = await createSandbox();
  const core = await openTestCore(sandbox.home);
  await stopAfter({
    async stop() {
      await core.close();
      await sandbox.stop();
    },
  });
  await core.capabilities.registry.register(await writeCapability(`${sandbox.home}/weather`, weather));
  const { secretRequests } = core.asking;
  secretRequests.begin();
  return {
    core,
    home: sandbox.home,
    async ask(...secrets) {
      const wanted = secrets.length === 0 ? [{ name: 'API_KEY' }] : secrets;
      const { request_id: id, url } = await secretRequests.ask('weather', {
        secrets: wanted.map((secret) => ({ description: '', ...secret })),
        url_elicitation: true,
      });
      const request = secretRequests.find(id);
      return { id, url: url ?? '', words: request.words ?? '', request };
    },
    async kept() {
      const { id } = core.capabilities.registry.find('weather');
      const secrets = await core.capabilities.ownSecrets.open(id);
      return Object.fromEntries([...secrets].map(([name, secret]) => [name, secret.reveal()]));
    },
  };
}

/** What a server answered. */
export interface Reply {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly text: string;
  /** `NAME=VALUE` of the cookie that it set. */
  readonly cookie: string | undefined;
}

type Headers = Readonly<Record<string, string>>;

/** One request of HTTP, with the headers that are given and no others. */
export function exchange(
  url: string,
  { method = 'GET', headers = {}, body }: { method?: string; headers?: Headers; body?: string | Buffer } = {},
): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const outgoing = http.request(url, { method, headers, agent: false }, (answer) => {
      const cookie = answer.headers['set-cookie']?.[0]?.split(';')[0];
      readBody(answer).then(
        (html) => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, text: html, cookie }),
        reject,
      );
    });
    outgoing.once('error', reject);
    outgoing.end(body);
  });
}

/** Opens a page as a browser does that keeps this cookie. */
export function visit(url: string, cookie?: string, headers: Headers = {}): Promise<Reply> {
  return exchange(url, { headers: { ...(cookie === undefined ? {} : { cookie }), ...headers } });
}

/** Sends the form of a page. */
export function post(
  url: string,
  cookie: string | undefined,
  fields: Record<string, string>,
  headers: Headers = { origin: new URL(url).origin },
): Promise<Reply> {
  const body = new URLSearchParams(fields).toString();
  return exchange(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      'content-length': String(Buffer.byteLength(body)),
      ...(cookie === undefined ? {} : { cookie }),
      ...headers,
    },
    body,
  });
}

/** Sends bytes to the server of a page, and gives all that it answers until it ends the connection. */
export async function sendBytes(url: string, bytes: string | Buffer): Promise<string> {
  const { hostname, port } = new URL(url);
  const socket = net.connect(Number(port), hostname);
  // A server that has heard enough may end before all is sent.
  socket.on('error', () => {});
  socket.write(bytes);
  return text(socket).catch(() => '');
}
