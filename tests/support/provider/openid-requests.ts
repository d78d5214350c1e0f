import type { IncomingMessage, ServerResponse } from 'node:http';
import { pathOf, type RequestListener, readBody } from '../wire/loopback.js';

/** A request that reached the provider. */
export interface ProviderRequest {
  readonly method: string;
  readonly path: string;
  /** The form's `grant_type`, on token requests. */
  readonly grantType: string | null;
  /** Whether it presents a refresh token that had been exchanged before. */
  readonly reuse: boolean;
  /** The answer's status; `null` while it is being worked on. */
  readonly status: number | null;
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/**
 * The http layer in front of the provider: it counts what arrives, whatever becomes of it.
 * Refresh requests are worked on one at a time, because the provider's memory is not atomic as a database is: of two
 * at once with the same token both would be answered, and a reuse would go unnoticed.
 */
export function recordRequests() {
  const requests: Writable<ProviderRequest>[] = [];
  const exchanged = new Set<string>();
  let handler: RequestListener = async (_, response) => void response.writeHead(503).end();
  let lastRefresh: Promise<void> = Promise.resolve();

  async function listener(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const form = await readForm(request);
    const path = pathOf(request);
    const grantType = path === '/token' ? form.get('grant_type') : null;
    const entry = { method: request.method ?? '', path, grantType, reuse: false, status: null };
    requests.push(entry);
    if (grantType !== 'refresh_token') return answer(entry, request, response);
    const token = form.get('refresh_token') ?? '';
    const turn = lastRefresh.then(() => refresh(entry, token, request, response));
    lastRefresh = turn.catch(() => undefined);
    return turn;
  }

  async function refresh(
    entry: Writable<ProviderRequest>,
    token: string,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    entry.reuse = exchanged.has(token);
    await answer(entry, request, response);
    if (entry.status === 200) exchanged.add(token);
  }

  async function answer(
    entry: Writable<ProviderRequest>,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    await handler(request, response);
    entry.status = response.statusCode;
  }

  function counts() {
    const token: Record<string, number> = {};
    for (const { grantType } of requests) {
      if (grantType !== null) token[grantType] = (token[grantType] ?? 0) + 1;
    }
    return { token, reuse: requests.filter((request) => request.reuse).length };
  }

  return {
    requests: requests as readonly ProviderRequest[],
    listener,
    counts,
    passTo(next: RequestListener): void {
      handler = next;
    },
  };
}

/** The body has to be read before the provider sees it; oidc-provider takes a body already read from `body`. */
async function readForm(request: IncomingMessage): Promise<URLSearchParams> {
  if (request.method !== 'POST') return new URLSearchParams();
  const body = await readBody(request);
  Object.assign(request, { body });
  return new URLSearchParams(body);
}
