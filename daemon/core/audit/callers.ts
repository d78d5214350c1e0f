import { executableOf } from '../platform/executable.js';
import type { Identity, Origin, Subject } from './entry.js';
import { ScriptFinder } from './scripts.js';

/** How often something happened that has a row already, since that row. */
export interface Tally extends Subject {
  count: number;
  /** When its last row was made, by the monotonic clock. */
  recordedAt: number;
}

/** A process, by one door, and what it was answered in the last minute. */
export interface Caller {
  readonly origin: Origin;
  readonly tallies: Map<string, Tally>;
  /** Until it is known which script the process runs, or that this cannot be found out. */
  settled: Promise<void> | undefined;
  /** It was not answered for a minute: from then on another one stands for it. */
  isForgotten: boolean;
}

/** Callers that are told apart at the same time; all further ones are recorded together, without their processes. */
const MOST = 4096;

/** Everyone who was answered in the last minute. */
export class Callers {
  readonly #byName = new Map<string, Caller>();
  readonly #scripts = new ScriptFinder();

  /** The same one for every connection of a process by the same door. */
  of({ uid, pid, started, door }: Identity): Caller {
    const executable = pid === null ? null : executableOf(pid, started);
    const whole = { uid, pid, executable, script: null, door };
    const name = JSON.stringify([uid, pid, started, executable, door]);
    if (this.#byName.has(name) || this.#byName.size < MOST) return this.#named(name, whole);
    return this.#named('', { uid: null, pid: null, executable: null, script: null, door: null });
  }

  all(): IterableIterator<Caller> {
    return this.#byName.values();
  }

  /** Forgets who was not answered in the last minute. */
  prune(): void {
    for (const [name, caller] of this.#byName) {
      if (caller.tallies.size > 0) continue;
      caller.isForgotten = true;
      this.#byName.delete(name);
    }
  }

  #named(name: string, origin: Origin): Caller {
    const known = this.#byName.get(name);
    if (known) return known;
    const caller: Caller = { origin, tallies: new Map(), settled: undefined, isForgotten: false };
    this.#byName.set(name, caller);
    caller.settled = this.#scripts.find(origin)?.then((script) => {
      origin.script = script;
      caller.settled = undefined;
    });
    return caller;
  }
}
