import { SigilforgeError } from '../../shared/errors.js';

/** What names a request in its answer (JSON-RPC 2.0, section 4). */
export type RequestId = string | number | null;

/** A request whose envelope was checked. Without an `id` it is a notification, which is never answered. */
export interface Request {
  readonly jsonrpc: '2.0';
  readonly method: string;
  readonly params?: object;
  readonly id?: RequestId;
}

/** The most requests of one batch. */
const MAX_BATCH = 64;

/** The JSON value of a line. Throws `parse_error`, without the text that V8's own message would quote. */
export function parseLine(line: string | null): unknown {
  if (line === null) throw new SigilforgeError('parse_error', 'The line is not UTF-8.');
  try {
    return JSON.parse(line);
  } catch {
    throw new SigilforgeError('parse_error', 'The line is not JSON.');
  }
}

/** Throws `invalid_request` for an empty batch (JSON-RPC 2.0, section 6), `limit_exceeded` for one that is too long. */
export function assertBatchSize(batch: readonly unknown[]): void {
  if (batch.length === 0) throw new SigilforgeError('invalid_request', 'The batch is empty.');
  if (batch.length > MAX_BATCH) {
    throw new SigilforgeError('limit_exceeded', `A batch holds at most ${MAX_BATCH} requests.`);
  }
}

/** `value` as a request. Throws `invalid_request`; json-rpc-2.0 would let numbers, strings and any `params` pass. */
export function assertRequest(value: unknown): asserts value is Request {
  if (!isObject(value)) throw invalid('A request is a JSON object');
  if (value['jsonrpc'] !== '2.0') throw invalid('jsonrpc is not "2.0"');
  if (typeof value['method'] !== 'string') throw invalid('method is not a string');
  if (value['params'] !== undefined && (typeof value['params'] !== 'object' || value['params'] === null)) {
    throw invalid('params is neither an object nor an array');
  }
  if (value['id'] !== undefined && !isRequestId(value['id'])) {
    throw invalid('id is not a string, a number that JSON keeps exactly, or null');
  }
  if (value['result'] !== undefined || value['error'] !== undefined) {
    throw invalid('A request has neither result nor error');
  }
}

/** The id to answer a message with that is no request: its own where it can be told, else `null`. */
export function idOf(value: unknown): RequestId {
  return isObject(value) && isRequestId(value['id']) ? value['id'] : null;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Beyond 2^53 a number would come back as another one, and nobody could match the answer. */
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
