import { setTimeout as delay } from 'node:timers/promises';
import type { Loads } from './loads.js';

/** What became of the rounds of every load, over all shifts. */
export class Tally {
  readonly rounds: Record<string, number> = {};
  /** What was wrong, the first of it: each has a line. */
  readonly wrong: string[] = [];

  next(name: string): number {
    const round = this.rounds[name] ?? 0;
    this.rounds[name] = round + 1;
    return round;
  }
}

const MOST_KEPT = 20;

/** All loads at once, for so long. Resolves when the last round of each is over. */
export async function workFor(ms: number, loads: Loads, tally: Tally): Promise<void> {
  const end = performance.now() + ms;
  await Promise.all(
    Object.entries(loads).map(async ([name, { pauseMs, load }]) => {
      while (performance.now() < end) {
        const round = tally.next(name);
        await load(round).catch((thrown: unknown) => {
          if (tally.wrong.length < MOST_KEPT) tally.wrong.push(`${name}, round ${round}: ${String(thrown)}`);
        });
        await delay(pauseMs);
      }
    }),
  );
}
