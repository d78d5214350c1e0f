import { SigilforgeError } from '../../shared/errors.js';
import type { Limits } from './limits.js';

/** What decides about the place of a connection. */
export interface Occupant {
  /** Whether a call of it has not been answered. */
  readonly isBusy: boolean;
  /** Whether something belongs to it that would end with it: a subscription, a sign-in, a door. */
  readonly isKept: boolean;
  /** Whether it may use only what was granted to it. */
  readonly isNarrowed: boolean;
  /** Which of two was active last: it grows with everything that comes from a client or goes to it. */
  readonly lastActive: number;
  destroy(): void;
}

/** What a client in reserve may ask: how the daemon is, and that it ends. */
const IN_RESERVE: ReadonlySet<string> = new Set(['status', 'shutdown', 'expect_leaving']);

/** Of all places, and of those for connections that are kept, so many may be taken by narrowed ones: the rest is for others. */
const forNarrowed = (places: number): number => places - Math.floor(places / 4);

/**
 * Who is connected. A new connection beyond the limit takes the place of the one that has been idle longest. If there is no
 * idle one, it waits in a small reserve, where it is answered what keeps the daemon within reach.
 */
export class Places<O extends Occupant> {
  readonly #limits: Pick<Limits, 'connections' | 'kept' | 'reserve'>;
  readonly #placed = new Set<O>();
  readonly #reserve = new Set<O>();

  constructor(limits: Pick<Limits, 'connections' | 'kept' | 'reserve'>) {
    this.#limits = limits;
  }

  get size(): number {
    return this.#placed.size + this.#reserve.size;
  }

  all(): O[] {
    return [...this.#placed, ...this.#reserve];
  }

  add(newcomer: O): void {
    if (this.#makeRoom(newcomer)) this.#placed.add(newcomer);
    else if (this.#makeReserve()) this.#reserve.add(newcomer);
    else newcomer.destroy();
  }

  remove(leaving: O): void {
    this.#reserve.delete(leaving);
    if (!this.#placed.delete(leaving)) return;
    const next = [...this.#reserve].find((one) => this.#hasShare(one));
    if (next) this.#promote(next);
  }

  /** Throws `limit_exceeded` for a connection in reserve that still gets no place, if the method needs one. */
  assertMayCall(occupant: O, method: string): void {
    if (!this.#reserve.has(occupant) || IN_RESERVE.has(method)) return;
    if (!this.#makeRoom(occupant)) throw full(this.#limits.connections);
    this.#promote(occupant);
  }

  /** Throws `limit_exceeded` if so many connections are kept already that others would find no place. */
  assertMayKeep(occupant: O): void {
    if (occupant.isKept) return;
    const kept = this.all().filter(({ isKept }) => isKept);
    if (kept.length >= this.#limits.kept) throw tooManyKept(this.#limits.kept);
    const share = forNarrowed(this.#limits.kept);
    if (occupant.isNarrowed && narrowedAmong(kept).length >= share) throw tooManyKept(share);
  }

  /** Says whether there is a place now for this one. */
  #makeRoom(newcomer: O): boolean {
    if (!this.#hasShare(newcomer)) this.#close(idlest(narrowedAmong(this.#placed)));
    if (!this.#hasShare(newcomer)) return false;
    if (this.#placed.size >= this.#limits.connections) this.#close(idlest(this.#placed));
    return this.#placed.size < this.#limits.connections;
  }

  #hasShare({ isNarrowed }: O): boolean {
    return !isNarrowed || narrowedAmong(this.#placed).length < forNarrowed(this.#limits.connections);
  }

  /** The same for the reserve, in which nothing is ever kept, or busy for long. */
  #makeReserve(): boolean {
    if (this.#reserve.size >= this.#limits.reserve) this.#close(idlest(this.#reserve));
    return this.#reserve.size < this.#limits.reserve;
  }

  #promote(occupant: O): void {
    this.#reserve.delete(occupant);
    this.#placed.add(occupant);
  }

  #close(occupant: O | undefined): void {
    if (!occupant) return;
    this.#placed.delete(occupant);
    this.#reserve.delete(occupant);
    occupant.destroy();
  }
}

/** Whether a connection may be closed for another one: never while something runs, waits or belongs to it. */
function mayMakeRoom({ isBusy, isKept }: Occupant): boolean {
  return !isBusy && !isKept;
}

function narrowedAmong<O extends Occupant>(occupants: Iterable<O>): O[] {
  return [...occupants].filter(({ isNarrowed }) => isNarrowed);
}

function idlest<O extends Occupant>(occupants: Iterable<O>): O | undefined {
  let found: O | undefined;
  for (const one of occupants) {
    if (mayMakeRoom(one) && (!found || one.lastActive < found.lastActive)) found = one;
  }
  return found;
}

function full(connections: number): SigilforgeError {
  return new SigilforgeError(
    'limit_exceeded',
    `All ${connections} connections of the daemon are in use, and none is idle.`,
    { hint: 'Try again in a moment. What the daemon is busy with shows: sigilforge daemon status' },
  );
}

function tooManyKept(kept: number): SigilforgeError {
  return new SigilforgeError(
    'limit_exceeded',
    `${kept} programs are subscribed to events, wait for a sign-in or have a door, which is the limit.`,
    { hint: 'End one of them, or ask for the state in place of waiting for an event.' },
  );
}
