/** How long a sleep of the machine may go unnoticed by `whenOver`, in milliseconds. */
const LOOK_MS = 10_000;

/**
 * A time with an end, by the clock on the wall, which goes on while the machine sleeps, and by the one that no one can set:
 * it is over when the first of them says so.
 */
export class Term {
  readonly #wall: number;
  readonly #steady: number;

  private constructor(wall: number, steady: number) {
    this.#wall = wall;
    this.#steady = steady;
  }

  static ofMs(ms: number): Term {
    return new Term(Date.now() + ms, performance.now() + ms);
  }

  /** As a peer gives it; `undefined` for a time without an end. */
  static ofSeconds(seconds: number | undefined): Term | undefined {
    return seconds === undefined ? undefined : Term.ofMs(seconds * 1000);
  }

  /** What is over as soon as one of these is. */
  static first(one: Term | undefined, other: Term | undefined): Term | undefined {
    if (one === undefined || other === undefined) return one ?? other;
    return new Term(Math.min(one.#wall, other.#wall), Math.min(one.#steady, other.#steady));
  }

  /** In milliseconds since 1970, as the clock on the wall was when it began. */
  get endsAt(): number {
    return this.#wall;
  }

  get isOver(): boolean {
    return this.leftMs === 0;
  }

  get leftMs(): number {
    return Math.max(0, Math.min(this.#wall - Date.now(), this.#steady - performance.now()));
  }

  /** As a peer is told it. */
  get leftSeconds(): number {
    return this.leftMs / 1000;
  }

  /** Calls `end` once it is over: now, if it is already. Returns what takes that back. It keeps no process alive. */
  whenOver(end: () => void): () => void {
    let timer: NodeJS.Timeout;
    const look = (): void => {
      if (this.isOver) end();
      else timer = setTimeout(look, Math.min(Math.ceil(this.leftMs), LOOK_MS)).unref();
    };
    look();
    return () => clearTimeout(timer);
  }
}
