import type { RunEvent, RunInfo } from '../../../shared/contract/index.js';
import { timestamp } from '../platform/clock.js';
import { Listeners } from '../platform/listeners.js';
import type { Env } from '../store/env.js';

/** An event before it belongs to a subscription. */
export type CoreRunEvent = Omit<RunEvent, 'subscription'>;
type Told = [event: CoreRunEvent];

/** Tells every listener what happened to a run. Never what it says. */
export class RunEvents {
  readonly #env: Pick<Env, 'clock'>;
  readonly #listeners = new Listeners<Told>();

  constructor(env: Pick<Env, 'clock'>) {
    this.#env = env;
  }

  /** Listens until the returned function is called. */
  listen(listener: (...told: Told) => void): () => void {
    return this.#listeners.listen(listener);
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
    this.#listeners.tell(event);
  }
}
