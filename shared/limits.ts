/** The largest secret, in bytes once decoded. */
export const MAX_SECRET_BYTES = 256 * 1024;

/** The longest time that Node's timers hold, in milliseconds; a longer one would fire at once. */
export const MAX_TIMER_MS = 2 ** 31 - 1;

/** The limit for one call of a client unless its caller names another, in milliseconds. */
export const DEFAULT_TIMEOUT_MS = 120_000;
