const REDACTED = '[redacted]';

/**
 * A value that must not be printed by accident: it shows as `[redacted]` in templates, JSON, `inspect` and logs.
 * Only `reveal()` gives it out, so every place that does can be searched for.
 */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return REDACTED;
  }

  toJSON(): string {
    return REDACTED;
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return REDACTED;
  }
}
