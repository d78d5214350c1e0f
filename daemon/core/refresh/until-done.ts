import { setTimeout as delay } from 'node:timers/promises';

const RETRY_MS = 250;
/** How long what no file could take keeps an ending process alive. */
const LAST_LIMIT_MS = 60_000;

interface Options {
  /** Aborted once the process is ending. */
  readonly ending: AbortSignal;
  /** Whether an ending process may leave it undone. */
  readonly mayLeave?: () => boolean;
}

/**
 * Calls `attempt` until it says that it is done. Nothing else ends this, an error least of all: only the end of the
 * process, at once if what is undone may be left, and otherwise after a minute.
 */
export async function untilDone(
  attempt: () => Promise<boolean>,
  { ending, mayLeave = () => false }: Options,
): Promise<void> {
  let limit = Number.POSITIVE_INFINITY;
  while (performance.now() < limit) {
    if (await succeeds(attempt)) return;
    if (ending.aborted) {
      if (mayLeave()) return;
      limit = Math.min(limit, performance.now() + LAST_LIMIT_MS);
    }
    // Once the process is ending, the signal no longer shortens anything.
    await delay(RETRY_MS, undefined, ending.aborted ? {} : { signal: ending }).catch(() => {});
  }
}

async function succeeds(attempt: () => Promise<boolean>): Promise<boolean> {
  try {
    return await attempt();
  } catch {
    return false;
  }
}
