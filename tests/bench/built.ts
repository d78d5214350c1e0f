import { createRequire } from 'node:module';

/** The client library as it is shipped. */
export const { connect } = createRequire(import.meta.url)(
  '../../dist/client.cjs',
) as typeof import('../../client/index.js');

/** The line of a request of the daemon, as bytes. */
export function requestLine(method: string, params: object = {}): Buffer {
  return Buffer.from(`${JSON.stringify({ jsonrpc: '2.0', id: 1, method, params })}\n`);
}
