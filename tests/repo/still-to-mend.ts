/** What the rules in direction.test.ts forbid and is still there. Entries may only go. */

export const STILL_UPWARDS: readonly string[] = [];

/** The folders on both sides of such an arrow import each other. */
export const STILL_BOTH_WAYS: readonly string[] = [];

export const STILL_IN_CIRCLES: readonly string[] = [];

/** Rooms of the core. */
export const STILL_NAMING_ROWS: readonly string[] = [];

/** Rooms of the core. */
export const STILL_IN_PARTS: readonly string[] = [];
