import { setTimeout as delay } from 'node:timers/promises';
import type { Core } from '../core/core.js';
import { whenGone } from '../core/platform/when-gone.js';
import type { Peer } from '../handlers/handlers.js';
import type { OpenDoors } from '../server/open-doors.js';
import type { Serving } from '../server/server.js';
import type { Whereabouts } from '../whereabouts.js';

/** An exchange with a provider has its own limit of a minute, and its answer is stored after that. */
const EXCHANGES_MS = 65_000;

interface Departing {
  readonly core: Pick<Core, 'vault'>;
  readonly serving: Serving;
  readonly doors: OpenDoors;
  readonly whereabouts: Whereabouts;
  /** Whether it ends anyway by now. */
  readonly isEnding: () => boolean;
}

/**
 * Makes way for the next daemon, which has this one's place already: clients leave, what is under way is answered, and
 * exchanges are stored. Resolves to whether the next one is still there. If it is not, this one goes on.
 */
export async function makeWay(
  successor: Peer,
  { core, serving, doors, whereabouts, isEnding }: Departing,
): Promise<boolean> {
  whereabouts.stay();
  doors.leave();
  const gone = new Promise<void>((resolve) => whenGone(successor.gone, resolve));
  await Promise.race([gone, serving.leave(successor)]);
  await Promise.race([gone, core.vault.settled(), delay(EXCHANGES_MS, undefined, { ref: false })]);
  if (isEnding() || !successor.gone.aborted) return true;
  serving.stay();
  doors.stay();
  await whereabouts.comeBack();
  return false;
}
