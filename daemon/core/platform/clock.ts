/** Two clocks in milliseconds: one that people and providers share, and one that cannot be set. */
export interface Clock {
  /** Since 1970, UTC. May jump in both directions. */
  wall(): number;
  /** Since some moment. Never goes back, and may stand still while the machine sleeps. */
  monotonic(): number;
}

export const systemClock: Clock = {
  wall: () => Date.now(),
  monotonic: () => performance.now(),
};

/** The years that ISO 8601 writes with four digits, in milliseconds since 1970. */
const EARLIEST = Date.parse('0000-01-01T00:00:00.000Z');
const LATEST = Date.parse('9999-12-31T23:59:59.999Z');

/** ISO 8601 UTC with milliseconds, or `null` for an unknown time. */
export function timestamp(ms: number): string;
export function timestamp(ms: number | null): string | null;
export function timestamp(ms: number | null): string | null {
  // Outside of these years are lifetimes that a provider made up, and a damaged database: no reason to show nothing else.
  return ms === null ? null : new Date(Math.min(Math.max(ms, EARLIEST), LATEST)).toISOString();
}
