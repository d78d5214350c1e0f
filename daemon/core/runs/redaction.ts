import { formsOf } from '../../../shared/mask/forms.js';
import { Mask, type MaskRest, SHORTEST } from '../../../shared/mask/mask.js';
import type { Needle } from '../../../shared/mask/needle.js';
import type { Secret } from '../../../shared/secret.js';

/** Bytes that come in pieces, without the secrets. */
export interface RedactedStream {
  push(chunk: Buffer): Buffer;
  end(): Buffer;
}

/** So many values that went out through its door are taken out of what a program says. */
const MOST_RELEASED = 256;

/** Takes the secrets of one run out of what it says, in every form that `exec --mask` knows. */
export class Redaction {
  readonly #values = new Map<string, Buffer>();
  /** The keys of values that went out later, the latest last. */
  readonly #released = new Set<string>();
  /** Made when something is said: many values may go out before. */
  #needles: readonly Needle[] | undefined = [];
  #generation = 0;
  #ofTexts: Mask | undefined;

  /** How many values it takes out. */
  get size(): number {
    return this.#values.size;
  }

  /** One more value that must not be seen, in what comes from now on. Values that are too short to tell apart are left. */
  add(value: Secret, encoding: 'utf8' | 'base64' = 'utf8'): void {
    this.#add(value, encoding);
  }

  /** The same for a value that went out later. Of those the latest are kept: a program may be up for months. */
  addReleased(value: Secret, encoding: 'utf8' | 'base64'): void {
    const key = this.#add(value, encoding);
    if (key === undefined) return;
    // One that goes out again is among the latest.
    this.#released.delete(key);
    this.#released.add(key);
    const [oldest] = this.#released;
    if (oldest === undefined || this.#released.size <= MOST_RELEASED) return;
    this.#released.delete(oldest);
    this.#values.delete(oldest);
    this.#changed();
  }

  /** Gives the key of a value that is new, or that went out before. */
  #add(value: Secret, encoding: 'utf8' | 'base64'): string | undefined {
    const bytes = Buffer.from(value.reveal(), encoding);
    const key = bytes.toString('latin1');
    if (this.#values.has(key)) return this.#released.has(key) ? key : undefined;
    if (bytes.length < SHORTEST) return undefined;
    this.#values.set(key, bytes);
    this.#changed();
    return key;
  }

  #changed(): void {
    this.#needles = undefined;
    this.#generation += 1;
    this.#ofTexts = undefined;
  }

  /** A whole text without them. */
  text(text: string): string {
    if (this.#values.size === 0) return text;
    this.#ofTexts ??= this.#maskFrom(undefined);
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
    this.#needles ??= formsOf(this.#values.values());
    return new Mask(this.#needles, rest);
  }
}
