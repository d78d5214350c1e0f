import { executableOf } from '../platform/executable.js';
import type { Actor, Subject } from './entry.js';
import { ScriptFinder } from './scripts.js';
import type { Who } from './who.js';

/** How often something happened that has a row already, since that row. */
export interface Tally extends Subject {
  count: number;
  /** When its last row was made, by the monotonic clock. */
  recordedAt: number;
}

/** A process, by one door, and what it was answered in the last minute. */
export interface RecentActor {
  readonly actor: Actor;
  /** By method, outcome and reference. */
  readonly tallies: Map<string, Tally>;
  /** Until it is known which script the process runs, or that this cannot be found out. */
  settled: Promise<void> | undefined;
  /** It was not answered for a minute: from then on another one stands for it. */
  isForgotten: boolean;
}

/** Actors that are told apart at the same time; all further ones are recorded together, without their processes. */
const MOST = 4096;
const ANY_OTHER: Actor = { uid: null, pid: null, executable: null, script: null, door: null };

/** All who were answered in the last minute. */
export class RecentActors {
  readonly #byName = new Map<string, RecentActor>();
  /** So that a connection is looked up once. */
  readonly #byWho = new WeakMap<Who, RecentActor>();
  readonly #scripts = new ScriptFinder();

  /** The same one for every connection of a process by the same door. */
  of(who: Who): RecentActor {
    const known = this.#byWho.get(who);
    if (known && !known.isForgotten && known.actor.door === who.door) return known;
    const found = this.#find(who);
    this.#byWho.set(who, found);
    return found;
  }

  /** All processes by one door. */
  anyOf(door: string | null): RecentActor {
    return this.#bounded(JSON.stringify([door]), { ...ANY_OTHER, door });
  }

  all(): IterableIterator<RecentActor> {
    return this.#byName.values();
  }

  /** Resolves once every script is known that can be. */
  async settled(): Promise<void> {
    await Promise.all([...this.all()].map(({ settled }) => settled));
  }

  /** Forgets who was not answered in the last minute. */
  prune(): void {
    for (const [name, recent] of this.#byName) {
      if (recent.tallies.size > 0) continue;
      recent.isForgotten = true;
      this.#byName.delete(name);
    }
  }

  #find({ uid, pid, started, door }: Who): RecentActor {
    const executable = pid === null ? null : executableOf(pid, started);
    const name = JSON.stringify([uid, pid, started, executable, door]);
    return this.#bounded(name, { uid, pid, executable, script: null, door });
  }

  #bounded(name: string, actor: Actor): RecentActor {
    if (this.#byName.has(name) || this.#byName.size < MOST) return this.#named(name, actor);
    return this.#named('', { ...ANY_OTHER });
  }

  #named(name: string, actor: Actor): RecentActor {
    const known = this.#byName.get(name);
    if (known) return known;
    const recent: RecentActor = { actor, tallies: new Map(), settled: undefined, isForgotten: false };
    this.#byName.set(name, recent);
    recent.settled = this.#scripts.find(actor)?.then((script) => {
      actor.script = script;
      recent.settled = undefined;
    });
    return recent;
  }
}
