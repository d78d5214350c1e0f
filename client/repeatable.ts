import type { MethodName } from '../shared/contract/index.js';

/** Methods that only read, so that it does no harm if a call is made twice. */
const REPEATABLE: ReadonlySet<unknown> = new Set<MethodName>([
  'get_token',
  'token_info',
  'resolve',
  'get_secret',
  'status',
]);

/** Whether a call whose answer was lost may be made again. Of all methods only those that a narrowed connection may call. */
export function isRepeatable(method: unknown): boolean {
  return REPEATABLE.has(method);
}
