import { errnoOf } from '../../../../shared/errno.js';

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

/** Why there is no connection to `host`, so that nothing was sent. */
export function notConnected(host: string, cause?: Error): HttpFailure {
  return new HttpFailure(reasonOf(cause, host), { delivered: false, cause });
}

function reasonOf(cause: Error | undefined, host: string): string {
  const code = errnoOf(cause) ?? 'error';
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return `The name ${host} cannot be found.`;
  if (code === 'ECONNREFUSED') return `${host} refused the connection.`;
  if (code === 'ECONNRESET' || code === 'EPIPE') return `${host} closed the connection.`;
  return `${host} cannot be reached (${code}).`;
}
