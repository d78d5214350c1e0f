const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
type Signal = (typeof SIGNALS)[number];

let shielded = 0;
const postponed = new Set<Signal>();

function postpone(signal: Signal): void {
  postponed.add(signal);
}

/**
 * Runs `work` so that no polite signal ends this process in the middle of it. A program that handles a signal itself
 * goes on doing so; for any other, what the signal would have done happens once the work is over.
 */
export async function shieldFromSignals<T>(work: () => Promise<T>): Promise<T> {
  if (shielded === 0) for (const signal of SIGNALS) process.on(signal, postpone);
  shielded += 1;
  try {
    return await work();
  } finally {
    shielded -= 1;
    if (shielded === 0) lower();
  }
}

function lower(): void {
  for (const signal of SIGNALS) process.off(signal, postpone);
  for (const signal of postponed) {
    if (process.listenerCount(signal) === 0) process.kill(process.pid, signal);
  }
  postponed.clear();
}
