import type { Env } from '../store/env.js';
import type { Backlog } from './backlog.js';
import type { Subject } from './entry.js';
import type { RecentActor, RecentActors, Tally } from './recent-actors.js';
import type { Who } from './who.js';

/** What happens again and again has one row in so many milliseconds. */
const MINUTE_MS = 60_000;
/** Different things that one actor has rows of its own for at the same time; further ones are counted together. */
const MOST_OF_ONE = 256;
/** The same of all actors. */
const MOST = 16_384;
/**
 * Different refusals that have rows of their own at the same time, of all actors. Further ones are counted by their door only:
 * programs without any rights cause them as they like, and must not fill the disk.
 */
const MOST_REFUSED = 128;
/** In characters; no account or secret needs as many. */
const LONGEST_REFUSED = 512;

/** Counts what is handed out and refused: the first time has a row at once, and what goes on has one a minute. */
export class Tallies {
  readonly #env: Env;
  readonly #actors: RecentActors;
  readonly #backlog: Backlog;
  #size = 0;
  /** Those of them that are refusals. */
  #refused = 0;
  #isClosed = false;

  constructor(env: Env, actors: RecentActors, backlog: Backlog) {
    this.#env = env;
    this.#actors = actors;
    this.#backlog = backlog;
  }

  /** One look-up if the same has happened within the last minute. */
  count(who: Who, { method, reference, outcome }: Subject): void {
    const recent = this.#actors.of(who);
    const tally = recent.tallies.get(nameOf(method, reference, outcome));
    if (tally) tally.count += 1;
    else if (outcome === 'released') this.#countFirst(recent, { method, reference, outcome });
    else this.#countRefused(recent, { method, reference, outcome });
  }

  /** Has rows written for what was counted since the last ones, and forgets what did not happen again for a minute. */
  sweep(): void {
    this.#sweep(MINUTE_MS);
  }

  /** Has rows written for everything that was counted. What is counted later has none. */
  close(): void {
    this.#sweep(0);
    this.#isClosed = true;
  }

  #countRefused(recent: RecentActor, { method, outcome, reference }: Subject): void {
    const isShort = reference !== null && reference.length <= LONGEST_REFUSED;
    if (this.#refused < MOST_REFUSED)
      this.#countFirst(recent, { method, outcome, reference: isShort ? reference : null });
    else this.#countFirst(this.#actors.anyOf(recent.actor.door), { method, outcome, reference: null });
  }

  #countFirst(recent: RecentActor, subject: Subject): void {
    const { tallies } = recent;
    const isFull = tallies.size >= MOST_OF_ONE || this.#size >= MOST;
    const { method, outcome, reference } = isFull ? { ...subject, reference: null } : subject;
    const name = nameOf(method, reference, outcome);
    const known = tallies.get(name);
    if (known) {
      known.count += 1;
      return;
    }
    const tally: Tally = { method, reference, outcome, count: 1, recordedAt: 0 };
    tallies.set(name, tally);
    this.#size += 1;
    if (outcome !== 'released') this.#refused += 1;
    this.#record(recent, tally);
  }

  #record({ actor, settled }: RecentActor, tally: Tally): void {
    const { method, reference, outcome, count } = tally;
    const entry = { actor, at: this.#env.clock.wall(), method, reference, outcome, count };
    tally.count = 0;
    tally.recordedAt = this.#env.clock.monotonic();
    if (this.#isClosed) return;
    if (settled !== undefined) void settled.then(() => this.#backlog.add(entry));
    else this.#backlog.add(entry);
  }

  /** While the disk takes nothing, what is counted waits in its tally. */
  #sweep(ageMs: number): void {
    const now = this.#env.clock.monotonic();
    for (const recent of this.#actors.all()) {
      for (const [name, tally] of recent.tallies) {
        if (now - tally.recordedAt < ageMs) continue;
        if (tally.count === 0) {
          recent.tallies.delete(name);
          this.#size -= 1;
          if (tally.outcome !== 'released') this.#refused -= 1;
        } else if (!this.#backlog.isStuck || ageMs === 0) this.#record(recent, tally);
      }
    }
    this.#actors.prune();
  }
}

function nameOf(method: string, reference: string | null, outcome: string): string {
  return `${method} ${outcome} ${reference}`;
}
