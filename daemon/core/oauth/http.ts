import http from 'node:http';
import https from 'node:https';
import { errnoOf } from '../../../shared/errno.js';
import { SigilforgeError } from '../../../shared/errors.js';
import { isLoopback } from '../../../shared/schemas.js';
import { VERSION } from '../../../shared/version.js';

/** A token endpoint's answer is a few kilobytes, and padding must not cost a grant. Beyond this it is read no further. */
const MAX_ANSWER_BYTES = 4 * 1024 * 1024;

export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** Milliseconds for a connection, and for everything up to the end of the answer. */
export interface HttpLimits {
  readonly connectMs: number;
  readonly totalMs: number;
}

/** A whole answer, its body read to the end. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Buffer;
}

/** Sends one request and reads its whole answer. Fails with `HttpFailure`, also for a body over 4 MiB. */
export type HttpClient = (url: URL, request: HttpRequest) => Promise<HttpAnswer>;

/**
 * A request without a whole answer. `delivered` is false only if it is certain that no byte of it reached the provider:
 * no address, no connection, no TLS. Every doubt counts as delivered, because a refresh token may be spent.
 */
export class HttpFailure extends Error {
  override readonly name = 'HttpFailure';
  readonly delivered: boolean;
  readonly timedOut: boolean;

  constructor(message: string, options: { delivered: boolean; timedOut?: boolean; cause?: unknown }) {
    super(message, { cause: options.cause });
    this.delivered = options.delivered;
    this.timedOut = options.timedOut ?? false;
  }
}

/**
 * An HTTP client for talking to providers: each request has a connection of its own (a kept one may be stale, and then it
 * is unknown whether the request arrived). It follows no redirects, and uses http only on loopback.
 */
export function createHttpClient(limits: HttpLimits): HttpClient {
  return (url, request) =>
    new Promise<HttpAnswer>((resolve, reject) => {
      assertSecure(url);
      let connected = false;
      const fail = (message: string, cause?: unknown, timedOut = false): void => {
        clearTimeout(connectTimer);
        clearTimeout(totalTimer);
        reject(new HttpFailure(message, { delivered: connected, timedOut, cause }));
        outgoing.destroy();
      };
      const outgoing = (url.protocol === 'https:' ? https : http).request(url, {
        method: request.method,
        headers: {
          accept: 'application/json',
          'user-agent': `sigilforge/${VERSION}`,
          ...request.headers,
          ...(request.body === undefined
            ? {}
            : { 'content-length': String(Buffer.byteLength(request.body)) }),
        },
        agent: false,
        // Otherwise NODE_TLS_REJECT_UNAUTHORIZED=0 would hand client secrets and refresh tokens to any server.
        rejectUnauthorized: true,
      });
      const connectTimer = setTimeout(() => {
        if (!connected) fail(`Connecting to ${url.host} timed out.`, undefined, true);
      }, limits.connectMs);
      // A process that was stopped meanwhile may already have its answer: what has arrived is read first.
      const totalTimer = setTimeout(
        () => setImmediate(() => fail(`${url.host} did not respond in time.`, undefined, true)),
        limits.totalMs,
      );

      outgoing.once('socket', (socket) => {
        socket.once(url.protocol === 'https:' ? 'secureConnect' : 'connect', () => {
          connected = true;
          clearTimeout(connectTimer);
        });
      });
      outgoing.once('error', (cause) => fail(reasonOf(cause, url.host), cause));
      outgoing.once('response', (incoming) => {
        const chunks: Buffer[] = [];
        let bytes = 0;
        incoming.on('data', (chunk: Buffer) => {
          chunks.push(chunk);
          bytes += chunk.length;
          if (bytes > MAX_ANSWER_BYTES)
            fail(`The answer from ${url.host} is larger than ${MAX_ANSWER_BYTES} bytes.`);
        });
        incoming.once('error', (cause) => fail(`The answer from ${url.host} broke off.`, cause));
        incoming.once('end', () => {
          clearTimeout(connectTimer);
          clearTimeout(totalTimer);
          try {
            const headers = headersOf(incoming);
            resolve({ status: incoming.statusCode ?? 0, headers, body: Buffer.concat(chunks) });
          } catch (cause) {
            fail(`The answer from ${url.host} cannot be read.`, cause);
          }
        });
      });
      outgoing.end(request.body);
    });
}

function assertSecure(url: URL): void {
  if (url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url))) return;
  throw new SigilforgeError('denied', `Refusing to contact ${url.host} without https.`, {
    hint: 'Correct the endpoint of this provider: http is allowed only on the loopback interface.',
  });
}

function headersOf(incoming: http.IncomingMessage): Headers {
  const headers = new Headers();
  const raw = incoming.rawHeaders;
  for (let index = 0; index + 1 < raw.length; index += 2) {
    headers.append(raw[index] ?? '', raw[index + 1] ?? '');
  }
  return headers;
}

function reasonOf(cause: Error, host: string): string {
  const code = errnoOf(cause) ?? 'error';
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return `The name ${host} cannot be found.`;
  if (code === 'ECONNREFUSED') return `${host} refused the connection.`;
  if (code === 'ECONNRESET' || code === 'EPIPE') return `${host} closed the connection.`;
  return `${host} cannot be reached (${code}).`;
}
