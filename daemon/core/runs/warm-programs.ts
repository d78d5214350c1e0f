import type { Env } from '../store/env.js';
import type { Prepared } from './prepare.js';
import type { Surroundings } from './surroundings.js';
import { WarmProgram } from './warm-program.js';

/** How long a program may wait for a run. */
export const IDLE_MS = 5 * 60_000;
/** How long one that is asked to end may take before it is killed. */
const GRACE_MS = 5_000;
/** So many wait at most; the one that has waited longest makes room. */
const MOST_IDLE = 16;

/** The programs that are kept warm, each of them for one run at a time. */
export class WarmPrograms {
  readonly #env: Pick<Env, 'log'>;
  readonly #surroundings: Surroundings;
  readonly #idleMs: number;
  /** Those that wait for a run, with the timers that end them; the newest last. */
  readonly #idle = new Map<WarmProgram, NodeJS.Timeout>();
  /** Those under way: whether nothing that concerns them has changed since. */
  readonly #busy = new Map<WarmProgram, { isCurrent: boolean }>();
  readonly #ending = new Map<WarmProgram, Promise<void>>();
  #graceMs = GRACE_MS;
  #isClosed = false;

  constructor(env: Pick<Env, 'log'>, surroundings: Surroundings, idleMs: number) {
    this.#env = env;
    this.#surroundings = surroundings;
    this.#idleMs = idleMs;
  }

  /** One that waits, if there is one that was started with the same; a new one otherwise. Its `leave` brings it back. */
  async take(prepared: Prepared): Promise<WarmProgram> {
    const own = this.#idleOf(prepared.capability.id);
    const fit = own.find((program) => program.serves(prepared));
    for (const other of own) if (!other.serves(prepared)) void this.end(other);
    const program = fit ?? (await WarmProgram.open(this.#surroundings, prepared, this));
    this.#forget(program);
    this.#busy.set(program, { isCurrent: true });
    return program;
  }

  keep(program: WarmProgram): void {
    const { isCurrent = false } = this.#busy.get(program) ?? {};
    if (!isCurrent || this.#isClosed) return void this.end(program);
    this.#busy.delete(program);
    const timer = setTimeout(() => void this.end(program), this.#idleMs);
    this.#idle.set(program, timer.unref());
    const [longest] = this.#idle.keys();
    if (longest && this.#idle.size > MOST_IDLE) void this.end(longest);
  }

  /** Resolves once no process of it is left. */
  end(program: WarmProgram): Promise<void> {
    this.#forget(program);
    const ending = this.#ending.get(program) ?? this.#end(program);
    this.#ending.set(program, ending);
    return ending;
  }

  /** Something of a capability has changed: no program that was started before serves another run of it. */
  changed(capabilityId: string): void {
    for (const program of this.#idleOf(capabilityId)) void this.end(program);
    for (const [program, state] of this.#busy)
      if (program.capabilityId === capabilityId) state.isCurrent = false;
  }

  /** The same for all of them. */
  allChanged(): void {
    for (const program of [...this.#idle.keys()]) void this.end(program);
    for (const state of this.#busy.values()) state.isCurrent = false;
  }

  /** Ends those that wait; those under way end with their runs. Never rejects. */
  async close(graceMs: number): Promise<void> {
    this.#isClosed = true;
    this.#graceMs = graceMs;
    this.allChanged();
    await Promise.all(this.#ending.values());
  }

  async #end(program: WarmProgram): Promise<void> {
    try {
      if (!(await program.end(() => this.#graceMs, true))) this.#env.log.warn('run.left_behind');
      await program.drain();
      await program.close();
    } catch {
      this.#env.log.warn('run.failed', { kind: 'internal_error' });
    }
    this.#ending.delete(program);
  }

  #idleOf(capabilityId: string): WarmProgram[] {
    return [...this.#idle.keys()].filter((program) => program.capabilityId === capabilityId);
  }

  #forget(program: WarmProgram): void {
    clearTimeout(this.#idle.get(program));
    this.#idle.delete(program);
    this.#busy.delete(program);
  }
}
