import type { Secret } from '../../../shared/secret.js';

/** Takes the secrets of one run out of what it says, in every form that `exec --mask` knows. */
export class Redaction {
  /** One more value that must not be seen, in what comes from now on. */
  add(_value: Secret): void {
    throw new Error('not built');
  }

  /** A whole text without them. */
  text(_text: string): string {
    throw new Error('not built');
  }

  /** For bytes that come in pieces, wherever they are split. Each stream needs one of its own. */
  stream(): { push(chunk: Buffer): Buffer; end(): Buffer } {
    throw new Error('not built');
  }
}
