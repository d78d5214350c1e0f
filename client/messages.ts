import * as v from 'valibot';
import type { WireError } from '../shared/errors.js';
import { isRecord } from '../shared/json.js';

/** An error object of JSON-RPC 2.0, section 5.1. */
export const ErrorObject = v.object({
  code: v.number(),
  message: v.string(),
  data: v.optional(v.unknown()),
});

/** An answer to a call of this client, or with the id `null` an error that ends the connection. */
export interface Answer {
  readonly jsonrpc: '2.0';
  readonly id: number | null;
  readonly result?: unknown;
  readonly error?: WireError;
}

/** The parameters of a notification of `method`. `undefined` for every other message. */
export function paramsOf(message: unknown, method: string): unknown {
  return isRecord(message) && message['method'] === method ? message['params'] : undefined;
}

export function isAnswer(message: unknown): message is Answer {
  if (!isRecord(message)) return false;
  const { id, error } = message;
  return (typeof id === 'number' || id === null) && (error === undefined || v.is(ErrorObject, error));
}
