/**
 * A scripted OAuth server. It stands in for cloud providers alone, whose quirks no server has that could run here;
 * whatever a standard describes is tested against the real one in `openid-provider.ts`.
 */
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { listenOnLoopback, readBody } from '../wire/loopback.js';

/** A request as it came. */
export interface ReceivedRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  /** The body's fields, where it is a form. */
  readonly form: Readonly<Record<string, string>>;
  /** The body's value, where it is JSON. */
  readonly json: unknown;
}

export interface FakeAnswer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Text is sent as it is; anything else as JSON. */
  readonly body?: unknown;
}

export type Route = (request: ReceivedRequest) => FakeAnswer | Promise<FakeAnswer>;

export interface FakeProvider {
  readonly url: string;
  /** Every request, oldest first, also those that no route was for. */
  readonly received: readonly ReceivedRequest[];
  /** What came to one route: `sentTo('POST /token')`. */
  sentTo(route: string): ReceivedRequest[];
  /** Answers `METHOD /path` in another way from now on. */
  route(name: string, answer: Route): void;
  stop(): Promise<void>;
}

/** Starts a server with routes by `METHOD /path`. Where there is none, it answers 404. */
export async function startFakeProvider(routes: Record<string, Route> = {}): Promise<FakeProvider> {
  const known = new Map(Object.entries(routes));
  const received: ReceivedRequest[] = [];
  const server = await listenOnLoopback(async (incoming, response) => {
    const request = parseRequest(incoming, await readBody(incoming));
    received.push(request);
    const {
      status = 200,
      headers = {},
      body = '',
    } = (await known.get(nameOf(request))?.(request)) ?? {
      status: 404,
    };
    const plain = typeof body === 'string';
    response.writeHead(status, { ...(plain ? {} : { 'content-type': 'application/json' }), ...headers });
    response.end(plain ? body : JSON.stringify(body));
  });
  return {
    url: server.url,
    received,
    sentTo: (name) => received.filter((request) => nameOf(request) === name),
    route: (name, answer) => void known.set(name, answer),
    stop: () => server.stop(),
  };
}

function nameOf({ method, path }: ReceivedRequest): string {
  return `${method} ${path}`;
}

function parseRequest(incoming: IncomingMessage, body: string): ReceivedRequest {
  const { pathname, searchParams } = new URL(incoming.url ?? '/', 'http://127.0.0.1');
  const type = incoming.headers['content-type'] ?? '';
  return {
    method: incoming.method ?? '',
    path: pathname,
    query: searchParams,
    headers: incoming.headers,
    body,
    form: type.startsWith('application/x-www-form-urlencoded')
      ? Object.fromEntries(new URLSearchParams(body))
      : {},
    json: type.startsWith('application/json') ? JSON.parse(body) : undefined,
  };
}
