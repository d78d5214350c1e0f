import type { RunEvent, RunInfo } from '../../../shared/contract/index.js';
import { timestamp } from '../platform/clock.js';
import type { Env } from '../store/env.js';

/** An event before it belongs to a subscription. */
export type CoreRunEvent = Omit<RunEvent, 'subscription'>;
type Listener = (event: CoreRunEvent) => void;

/** Tells every listener what happened to a run. Never what it says. */
export class RunEvents {
  readonly #env: Pick<Env, 'clock'>;
  readonly #listeners = new Set<Listener>();

  constructor(env: Pick<Env, 'clock'>) {
    this.#env = env;
  }

  /** Listens until the returned function is called. */
  listen(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  emit(type: RunEvent['type'], run: Pick<RunInfo, 'id' | 'capability' | 'status'>): void {
    const event: CoreRunEvent = {
      topic: 'runs',
      type,
      at: timestamp(this.#env.clock.wall()),
      run_id: run.id,
      capability: run.capability,
      status: run.status,
    };
    for (const listener of this.#listeners) {
      try {
        listener(event);
      } catch {
        // The event has already happened: a listener that fails undoes nothing.
      }
    }
  }
}
