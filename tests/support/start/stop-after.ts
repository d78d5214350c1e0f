import { onTestFinished } from 'vitest';

/** What the `start…` and `create…` functions give. */
export interface Stoppable {
  stop(): Promise<void>;
}

/** Has something stopped when the running test ends, whether it passed or not; for use within a test. */
export async function stopAfter<T extends Stoppable>(starting: T | Promise<T>): Promise<T> {
  const started = await starting;
  onTestFinished(() => started.stop());
  return started;
}
