import { SigilforgeError } from '../../../shared/errors.js';

/** How many may wait for their turn. */
const MOST_PENDING = 1_000;

/** What waits for its turn, and then for its end. */
export interface Entry {
  readonly capabilityId: string;
  /** Whether others of the same capability may be under way at once. */
  readonly isConcurrent: boolean;
  /** Its turn has come. Resolves at its end, and never rejects. */
  begin(): Promise<void>;
}

/**
 * At most so many at once, the others in the order in which they came. One whose capability is busy lets those behind it
 * pass.
 */
export class Queue {
  readonly #atOnce: number;
  readonly #pending: Entry[] = [];
  readonly #underWay = new Set<Entry>();

  constructor(atOnce: number) {
    this.#atOnce = atOnce;
  }

  /** Throws `limit_exceeded` if one more would be too many. */
  assertRoom(): void {
    if (this.#pending.length < MOST_PENDING) return;
    throw new SigilforgeError('limit_exceeded', `${MOST_PENDING} runs are waiting for their turn.`, {
      hint: 'Wait for some of them, or end them: sigilforge runs list --status pending',
    });
  }

  /** It begins now, or once its turn comes. */
  add(entry: Entry): void {
    this.#pending.push(entry);
    this.#advance();
  }

  /** Says whether it was still waiting. Then it never begins. */
  remove(entry: Entry): boolean {
    const index = this.#pending.indexOf(entry);
    if (index !== -1) this.#pending.splice(index, 1);
    return index !== -1;
  }

  #advance(): void {
    while (this.#underWay.size < this.#atOnce) {
      const index = this.#pending.findIndex((entry) => !this.#isBusy(entry));
      const [next] = index === -1 ? [] : this.#pending.splice(index, 1);
      if (next === undefined) return;
      this.#underWay.add(next);
      void next.begin().finally(() => {
        this.#underWay.delete(next);
        this.#advance();
      });
    }
  }

  #isBusy({ capabilityId, isConcurrent }: Entry): boolean {
    return !isConcurrent && [...this.#underWay].some((other) => other.capabilityId === capabilityId);
  }
}
