import { formsOf } from '../../../shared/mask/forms.js';
import { Mask, type MaskRest, SHORTEST } from '../../../shared/mask/mask.js';
import type { Needle } from '../../../shared/mask/needle.js';
import type { Secret } from '../../../shared/secret.js';

/** Bytes that come in pieces, without the secrets. */
export interface RedactedStream {
  push(chunk: Buffer): Buffer;
  end(): Buffer;
}

/** Takes the secrets of one run out of what it says, in every form that `exec --mask` knows. */
export class Redaction {
  readonly #values = new Map<string, Buffer>();
  #needles: readonly Needle[] = [];
  #generation = 0;
  #ofTexts: Mask | undefined;

  /** How many values it takes out. */
  get size(): number {
    return this.#values.size;
  }

  /** One more value that must not be seen, in what comes from now on. Values that are too short to tell apart are left. */
  add(value: Secret, encoding: 'utf8' | 'base64' = 'utf8'): void {
    const bytes = Buffer.from(value.reveal(), encoding);
    const key = bytes.toString('latin1');
    if (bytes.length < SHORTEST || this.#values.has(key)) return;
    this.#values.set(key, bytes);
    this.#needles = formsOf(this.#values.values());
    this.#generation += 1;
    this.#ofTexts = undefined;
  }

  /** A whole text without them. */
  text(text: string): string {
    if (this.#values.size === 0) return text;
    this.#ofTexts ??= new Mask(this.#needles);
    const masked = this.#ofTexts.push(Buffer.from(text));
    return Buffer.concat([masked, this.#ofTexts.end()]).toString('utf8');
  }

  /** For bytes that come in pieces, wherever they are split. Each stream needs one of its own. */
  stream(): RedactedStream {
    let generation = -1;
    let mask: Mask | undefined;
    const current = (): Mask => {
      if (mask === undefined || generation !== this.#generation) mask = this.#maskFrom(mask?.rest);
      generation = this.#generation;
      return mask;
    };
    return {
      push: (chunk) => current().push(chunk),
      end: () => current().end(),
    };
  }

  #maskFrom(rest: MaskRest | undefined): Mask {
    return new Mask(this.#needles, rest);
  }
}
