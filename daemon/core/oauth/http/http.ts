import type { Socket } from 'node:net';
import type { Config } from '../../../../shared/config.js';
import { SigilforgeError } from '../../../../shared/errors.js';
import { isLoopback } from '../../../../shared/schemas.js';
import { VERSION } from '../../../../shared/version.js';
import { AnswerReader } from './answer-reader.js';
import { openConnection } from './connect.js';
import { HttpFailure } from './failure.js';

/** A token endpoint's answer is a few kilobytes, and padding must not cost a grant. Beyond this it is read no further. */
const MAX_ANSWER_BYTES = 4 * 1024 * 1024;

/** How long the end of the connection is awaited where an answer ends in the middle, by the length that it says. */
const LINGER_MS = 250;

export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** Milliseconds for a connection, and for everything up to the end of the answer. */
export interface HttpLimits {
  readonly connectMs: number;
  readonly totalMs: number;
}

interface AnswerParts {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Buffer;
}

interface WholeAnswer extends AnswerParts {
  readonly complete?: true;
}

/** The beginning of an answer, with a part of its body at least unless its status is a refusal, and what became of the rest. */
interface CutAnswer extends AnswerParts {
  readonly complete: false;
  readonly failure: HttpFailure;
}

export type HttpAnswer = WholeAnswer | CutAnswer;

/** Sends one request and reads its answer, as much of it as comes. Fails with `HttpFailure`. */
export type HttpClient = (url: URL, request: HttpRequest) => Promise<HttpAnswer>;

/**
 * An HTTP client for talking to providers: each request has a connection of its own (a kept one may be stale, and then it
 * is unknown whether the request arrived). It follows no redirects, and uses http only on loopback.
 */
export function createHttpClient(limits: HttpLimits, network: Config['network']): HttpClient {
  return async (url, request) => {
    assertSecure(url);
    const message = messageOf(url, request);
    const endsAt = performance.now() + limits.totalMs;
    const socket = await openConnection(url, network, Math.min(limits.connectMs, limits.totalMs));
    return answerOn(socket, url.host, message, endsAt - performance.now());
  };
}

function assertSecure(url: URL): void {
  if (url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url))) return;
  throw new SigilforgeError('denied', `Refusing to contact ${url.host} without https.`, {
    hint: 'Correct the endpoint of this provider: http is allowed only on the loopback interface.',
  });
}

/** A request as it travels (RFC 9112, section 3). `Headers` refuses line breaks within a name or a value. */
function messageOf(url: URL, { method, headers, body = '' }: HttpRequest): Buffer {
  const fields = new Headers({
    accept: 'application/json',
    'user-agent': `sigilforge/${VERSION}`,
    ...headers,
  });
  fields.set('connection', 'close');
  if (body !== '' || method === 'POST') fields.set('content-length', String(Buffer.byteLength(body)));
  const lines = [...fields].map(([name, value]) => `${name}: ${value}\r\n`);
  const head = `${method} ${url.pathname}${url.search} HTTP/1.1\r\nhost: ${url.host}\r\n${lines.join('')}\r\n`;
  return Buffer.concat([Buffer.from(head, 'latin1'), Buffer.from(body)]);
}

/**
 * Sends a message and reads its answer. Whatever ends that, what has arrived until then is the answer: only without a head,
 * and without a part of the body of a success, there is none.
 */
function answerOn(socket: Socket, host: string, message: Buffer, limitMs: number): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    const reader = new AnswerReader();
    let isClosed = false;
    let fault: Error | undefined;
    let linger: NodeJS.Timeout | undefined;
    const settle = (sentence: string, timedOut = false): void => {
      clearTimeout(timer);
      clearTimeout(linger);
      socket.destroy();
      const failure = new HttpFailure(sentence, { delivered: true, timedOut, cause: fault });
      const arrived = reader.arrived(isClosed);
      if (!arrived) reject(failure);
      else if (arrived.isWhole) resolve(partsOf(arrived));
      // The status of a refusal says enough.
      else if (arrived.body.length > 0 || arrived.status >= 400)
        resolve({ ...partsOf(arrived), complete: false, failure });
      else reject(failure);
    };
    // A process that was stopped meanwhile may already have its answer: what has arrived is read first.
    const timer = setTimeout(
      () =>
        setImmediate(() =>
          settle(`${host} did not ${reader.length > 0 ? 'finish its answer' : 'respond'} in time.`, true),
        ),
      limitMs,
    );
    const settleByEnd = (): void => {
      settle(reader.length > 0 ? `The answer from ${host} broke off.` : `${host} closed the connection.`);
    };

    socket.on('data', (piece) => {
      reader.push(piece);
      if (reader.mayGoOn) linger ??= setTimeout(settleByEnd, LINGER_MS);
      else if (reader.isOver) settle(`The answer from ${host} is not HTTP.`);
      else if (reader.length > MAX_ANSWER_BYTES)
        settle(`The answer from ${host} is larger than ${MAX_ANSWER_BYTES} bytes.`);
    });
    socket.once('end', () => {
      isClosed = true;
      settleByEnd();
    });
    socket.on('error', (cause) => {
      fault = cause;
    });
    socket.once('close', settleByEnd);
    socket.write(message);
  });
}

function partsOf({ status, headers, body }: AnswerParts): AnswerParts {
  return { status, headers, body };
}
