import type { Config } from '../../../shared/config.js';
import { SigilforgeError } from '../../../shared/errors.js';
import type { Clock } from '../platform/clock.js';
import { writeBytes } from '../secrets/encoding.js';
import { runVals } from './vals-process.js';

type Answer = ReturnType<typeof writeBytes>;

interface Kept {
  readonly answer: Promise<Answer>;
  /** By the monotonic clock; never while the call is in progress. */
  until: number;
}

/** Schemes that run programs or read the environment: allowed only by name, never by `*`. */
const ONLY_BY_NAME = new Set(['exec', 'envsubst']);

/** Values from the program `vals`. Off unless the config enables it. */
export class Vals {
  readonly #config: Config['vals'];
  readonly #clock: Clock;
  readonly #kept = new Map<string, Kept>();
  readonly #closed = new AbortController();

  constructor(config: Config['vals'], clock: Clock) {
    this.#config = config;
    this.#clock = clock;
  }

  /**
   * The value of a `ref+SCHEME://…`. A call for the same one that is in progress is joined. Throws `denied` for what the
   * config does not allow, `external` if vals is missing, fails or does not answer.
   */
  async get(ref: string): Promise<Answer> {
    this.#assertAllowed(ref);
    this.#forgetOld();
    const kept = this.#kept.get(ref) ?? this.#call(ref);
    return kept.answer;
  }

  /** Drops every answer from memory. */
  forget(): void {
    this.#kept.clear();
  }

  /** Ends calls under way. */
  close(): void {
    this.forget();
    this.#closed.abort();
  }

  #call(ref: string): Kept {
    const { timeout_s, cache_ttl_s } = this.#config;
    const answer = runVals(ref, timeout_s * 1000, this.#closed.signal).then(writeBytes);
    const kept: Kept = { answer, until: Number.POSITIVE_INFINITY };
    this.#kept.set(ref, kept);
    answer.then(
      () => {
        kept.until = this.#clock.monotonic() + cache_ttl_s * 1000;
      },
      () => {
        if (this.#kept.get(ref) === kept) this.#kept.delete(ref);
      },
    );
    return kept;
  }

  #forgetOld(): void {
    const now = this.#clock.monotonic();
    for (const [ref, { until }] of this.#kept) if (until <= now) this.#kept.delete(ref);
  }

  #assertAllowed(ref: string): void {
    if (!this.#config.enabled) {
      throw new SigilforgeError('denied', 'References to vals are not enabled.', {
        hint: 'If you trust them, set in config.toml, under [vals]: enabled = true',
      });
    }
    // vals replaces every reference in a text, so a second one would bring its own scheme with it.
    if (ref.indexOf('ref+', 1) !== -1) {
      throw new SigilforgeError('invalid_reference', 'A reference to vals contains another one.', {
        hint: 'Resolve each reference by itself.',
      });
    }
    const scheme = schemeOf(ref);
    const { allow } = this.#config;
    if (allow.includes(scheme) || (allow.includes('*') && !ONLY_BY_NAME.has(scheme))) return;
    throw new SigilforgeError('denied', 'The scheme of this reference to vals is not allowed.', {
      hint: 'Name it in config.toml, under [vals]: allow = ["…"]. The schemes exec and envsubst must be named.',
    });
  }
}

/** vals accepts a scheme in upper or lower case. */
function schemeOf(ref: string): string {
  return ref.slice('ref+'.length, ref.indexOf('://')).toLowerCase();
}
