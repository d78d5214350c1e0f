import { SigilforgeError } from '../../../shared/errors.js';
import type { Clock } from '../platform/clock.js';

const HOUR_MS = 3_600_000;
/** So often may one capability ask, and so often may its requests be ended, in an hour. */
const MOST_ASKED = 20;
const MOST_ENDED = 3;

/** Keeps a capability from asking until it has guessed the words, and from asking a person all day. */
export class Brake {
  readonly #clock: Pick<Clock, 'monotonic'>;
  readonly #asked = new Map<string, number[]>();
  readonly #ended = new Map<string, number[]>();

  constructor(clock: Pick<Clock, 'monotonic'>) {
    this.#clock = clock;
  }

  /** One more request. Throws `limit_exceeded`. */
  assertMayAsk(capability: { readonly id: string; readonly name: string }): void {
    const { id, name } = capability;
    if (this.#recent(this.#ended, id).length >= MOST_ENDED) throw tooOften(name, 'were ended', MOST_ENDED);
    if (this.#recent(this.#asked, id).length >= MOST_ASKED) throw tooOften(name, 'were made', MOST_ASKED);
    this.#add(this.#asked, id);
  }

  /** A request was ended by wrong words, or because its page was opened twice. */
  ended(capabilityId: string): void {
    this.#add(this.#ended, capabilityId);
  }

  forget(capabilityId: string): void {
    this.#asked.delete(capabilityId);
    this.#ended.delete(capabilityId);
  }

  #add(times: Map<string, number[]>, id: string): void {
    times.set(id, [...this.#recent(times, id), this.#clock.monotonic()]);
  }

  #recent(times: Map<string, number[]>, id: string): number[] {
    const since = this.#clock.monotonic() - HOUR_MS;
    return (times.get(id) ?? []).filter((time) => time > since);
  }
}

function tooOften(name: string, what: string, most: number): SigilforgeError {
  return new SigilforgeError(
    'limit_exceeded',
    `In the last hour, ${most} requests of ${name} for secrets ${what}.`,
    { hint: `A person can set a secret at any time with: sigilforge capability secret set ${name} NAME` },
  );
}
