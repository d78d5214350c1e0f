/** What can be said about a failed request besides its sentence. */
interface Details {
  readonly delivered: boolean;
  readonly timedOut?: boolean;
  readonly hint?: string | undefined;
  readonly cause?: unknown;
}

/**
 * A request without a whole answer. `delivered` is false only if it is certain that no byte of it reached the provider:
 * no address, no connection, no TLS. Every doubt counts as delivered, because a refresh token may be spent.
 */
export class HttpFailure extends Error {
  override readonly name = 'HttpFailure';
  readonly delivered: boolean;
  readonly timedOut: boolean;
  /** What to do about it, if that is known. */
  readonly hint: string | undefined;

  constructor(message: string, { delivered, timedOut = false, hint, cause }: Details) {
    super(message, { cause });
    this.delivered = delivered;
    this.timedOut = timedOut;
    this.hint = hint;
  }
}

/** A failure before the first byte of the request. */
export function notSent(message: string, more: Omit<Details, 'delivered'> = {}): HttpFailure {
  return new HttpFailure(message, { ...more, delivered: false });
}
