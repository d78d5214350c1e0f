import { SigilforgeError } from '../../shared/errors.js';
import { isDeeper, isRecord, parseJson } from '../../shared/json.js';

/** What an answer refers to its request by (JSON-RPC 2.0, section 4). */
export type RequestId = string | number | null;

/** A request whose envelope was checked. Without an `id` it is a notification, which is never answered. */
export interface Request {
  readonly jsonrpc: '2.0';
  readonly method: string;
  readonly params?: object | null;
  readonly id?: RequestId;
}

/** How long the answers of one batch may be together before its other requests are refused, in characters. */
export const MAX_BATCH_ANSWERS = 1024 * 1024;

/** The JSON value of a line. Throws `parse_error`, without the text, which the message of `JSON.parse` would quote. */
export function parseLine(line: string | null): unknown {
  if (line === null) throw new SigilforgeError('parse_error', 'The line is not UTF-8.');
  const value = parseJson(line);
  if (value === undefined) throw new SigilforgeError('parse_error', 'The line is not JSON.');
  return value;
}

/** Throws `invalid_request` for an empty batch (JSON-RPC 2.0, section 6), `limit_exceeded` for one that is too long. */
export function assertBatchSize(batch: readonly unknown[], most: number): void {
  if (batch.length === 0) throw new SigilforgeError('invalid_request', 'The batch is empty.');
  if (batch.length > most) {
    throw new SigilforgeError('limit_exceeded', `A batch holds at most ${most} requests.`);
  }
}

/** Throws `limit_exceeded` for a value of more than `most` levels of arrays and objects. Every line passes here. */
export function assertDepth(value: unknown, most: number): void {
  if (isDeeper(value, most)) throw tooDeep(most);
}

function tooDeep(most: number): SigilforgeError {
  return new SigilforgeError('limit_exceeded', `A line has more than ${most} levels of arrays and objects.`, {
    hint: 'No method needs as many. Nothing of this line was done; the connection goes on.',
  });
}

/** For the requests of a batch that come after too many long answers. */
export function batchAnswersTooLong(): SigilforgeError {
  const sentence = `The answers of this batch are longer than ${MAX_BATCH_ANSWERS / 1024 ** 2} MiB together.`;
  return new SigilforgeError('limit_exceeded', sentence, {
    hint: 'This request was not run. Send it again by itself.',
  });
}

/** `value` as a request. Throws `invalid_request`; json-rpc-2.0 would let numbers, strings and any `params` pass. */
export function assertRequest(value: unknown): asserts value is Request {
  if (!isRecord(value)) throw invalid('A request is a JSON object');
  if (value['jsonrpc'] !== '2.0') throw invalid('jsonrpc is not "2.0"');
  if (typeof value['method'] !== 'string') throw invalid('method is not a string');
  if (value['params'] !== undefined && typeof value['params'] !== 'object') {
    throw invalid('params is neither an object, an array nor null');
  }
  if (value['id'] !== undefined && !isRequestId(value['id'])) {
    throw invalid('id is not a string, a number that JSON keeps exactly, or null');
  }
  if (value['result'] !== undefined || value['error'] !== undefined) {
    throw invalid('A request has neither result nor error');
  }
}

/** The id for an answer to a message that is not a request: its own if it has one, else `null`. */
export function idOf(value: unknown): RequestId {
  return isRecord(value) && isRequestId(value['id']) ? value['id'] : null;
}

/** A number beyond 2^53 would come back as another one, and no client could match the answer. */
function isRequestId(id: unknown): id is RequestId {
  return (
    typeof id === 'string' ||
    id === null ||
    (typeof id === 'number' && Math.abs(id) <= Number.MAX_SAFE_INTEGER)
  );
}

function invalid(sentence: string): SigilforgeError {
  return new SigilforgeError('invalid_request', `${sentence}.`);
}
