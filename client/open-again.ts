import { setTimeout as sleep } from 'node:timers/promises';

/** How often a daemon is looked for that was restarted, in milliseconds: at first, and after a while. */
const RETRY = { soonMs: 50, times: 100, lateMs: 1_000 };

const never = (): boolean => false;

/**
 * Tries until there is a connection, also if `attempt` throws. `undefined` once it is no longer `wanted`. It keeps the
 * process alive only as long as it tries often, and if it `isAwaited`.
 */
export async function openAgain<T>(
  attempt: () => Promise<T | undefined>,
  wanted: () => boolean,
  isAwaited: () => boolean = never,
): Promise<T | undefined> {
  for (let tries = 0; wanted(); tries += 1) {
    const opened = await attempt().catch(() => undefined);
    if (opened !== undefined) return opened;
    const isSoon = tries < RETRY.times;
    await sleep(isSoon ? RETRY.soonMs : RETRY.lateMs, undefined, { ref: isSoon && isAwaited() });
  }
  return undefined;
}
