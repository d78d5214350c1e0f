import { readAnswerObject } from '../answers/answer-body.js';
import { readError, readErrorInWords } from '../answers/token-error.js';
import { isForLater } from '../failures/retry-after.js';
import { HttpFailure } from '../http/failure.js';
import type { HttpAnswer, HttpClient, HttpRequest } from '../http/http.js';
import { short } from '../short.js';

/** What an address answers to a request that carries nothing: no client, no secret, no token. */
export interface Reached {
  readonly state: 'ok' | 'warning' | 'fault';
  /** `null` without an answer. */
  readonly status: number | null;
  readonly sentence: string;
  /** What to do about it, if that is known. */
  readonly hint?: string | undefined;
}

/** Where a browser goes: any answer that is a page, a redirect or a complaint will do. */
export async function reachPage(http: HttpClient, address: string): Promise<Reached> {
  return reach(http, address, { method: 'GET', headers: { accept: 'text/html' } }, (answer) =>
    found(answer, 'ok', 'It answers a browser.'),
  );
}

/** Where requests are posted: an empty one must be refused in OAuth's words (RFC 6749, section 5.2). */
export async function reachEndpoint(
  http: HttpClient,
  address: string,
  encoding: 'form' | 'json',
): Promise<Reached> {
  const request: HttpRequest =
    encoding === 'json'
      ? { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' }
      : { method: 'POST', headers: { 'content-type': 'application/x-www-form-urlencoded' } };
  return reach(http, address, request, judgeRefusal);
}

async function reach(
  http: HttpClient,
  address: string,
  request: HttpRequest,
  judge: (answer: HttpAnswer) => Reached,
): Promise<Reached> {
  try {
    const answer = await http(new URL(address), request);
    return fault(answer) ?? judge(answer);
  } catch (thrown) {
    if (!(thrown instanceof HttpFailure)) throw thrown;
    return { state: 'fault', status: null, sentence: thrown.message, hint: thrown.hint };
  }
}

/** What is wrong whatever was asked. */
function fault(answer: HttpAnswer): Reached | undefined {
  const { status } = answer;
  if (status === 404 || status === 410) return found(answer, 'fault', 'There is nothing at this address.');
  // The network answered in place of the server (RFC 6585, section 6).
  if (status === 511) return found(answer, 'fault', 'The network wants you to sign in first.');
  if (status === 429) return found(answer, 'warning', 'It is there, and has had too many requests.');
  return isForLater(answer) ? found(answer, 'fault', 'It is not well now.') : undefined;
}

function judgeRefusal(answer: HttpAnswer): Reached {
  const { status } = answer;
  if (status === 405) return found(answer, 'fault', 'It takes no requests with POST.');
  if (status >= 300 && status < 400)
    return found(answer, 'fault', 'It redirects elsewhere, which no request to it may follow.');
  const code = refusalIn(answer);
  if (code !== undefined)
    return found(answer, 'ok', `It refuses an empty request, as it should: ${short(code)}.`);
  return status >= 400
    ? found(answer, 'warning', 'It refuses an empty request, but not in the words of OAuth.')
    : found(answer, 'warning', 'It does not refuse an empty request, as it should.');
}

/** The error that an answer names; some servers send it with a status of success. */
function refusalIn(answer: HttpAnswer): string | undefined {
  const json = readAnswerObject(answer);
  if (json === undefined) return readErrorInWords(answer)?.code;
  const { code } = readError(json);
  return code === 'unknown_error' ? undefined : code;
}

function found({ status }: HttpAnswer, state: Reached['state'], sentence: string): Reached {
  return { state, status, sentence };
}
