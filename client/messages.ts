import * as v from 'valibot';
import type { WireError } from '../shared/errors.js';

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

/** The JSON value of a line, or `undefined` where there is none. */
export function toMessage(line: string | null): unknown {
  try {
    return JSON.parse(line ?? '');
  } catch {
    return undefined;
  }
}

/** The parameters of a notification of `method`, or `undefined` for any other message. */
export function paramsOf(message: unknown, method: string): unknown {
  return isObject(message) && message['method'] === method ? message['params'] : undefined;
}

export function isAnswer(message: unknown): message is Answer {
  if (!isObject(message)) return false;
  const { id, error } = message;
  return (typeof id === 'number' || id === null) && (error === undefined || v.is(ErrorObject, error));
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
