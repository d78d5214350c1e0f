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

/** ISO 8601 UTC with milliseconds, or `null` for an unknown time. */
export function timestamp(ms: number): string;
export function timestamp(ms: number | null): string | null;
export function timestamp(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString();
}
