import { SigilforgeError } from '../../shared/errors.js';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** The sentence for what a signal or Ctrl-C has ended. */
export const CANCELLED = 'This was cancelled.';

/**
 * The result of `work`, or `cancelled` at the first signal that asks this process to end. The caller must then end what
 * is under way; a second signal ends the process as usual.
 */
export async function untilInterrupted<T>(work: Promise<T>): Promise<T> {
  let release = (): void => undefined;
  const interrupted = new Promise<never>((_, reject) => {
    const onSignal = (): void => {
      release();
      reject(new SigilforgeError('cancelled', CANCELLED));
    };
    release = () => {
      for (const signal of SIGNALS) process.off(signal, onSignal);
    };
    for (const signal of SIGNALS) process.on(signal, onSignal);
  });
  try {
    return await Promise.race([work, interrupted]);
  } finally {
    release();
  }
}
