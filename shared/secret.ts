const REDACTED = '[redacted]';

/**
 * A value that must not be printed by accident: it shows as `[redacted]` in templates, JSON, `inspect` and logs.
 * Only `reveal()` returns it, so every place that does can be found by a search.
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
