/** What the rules in direction.test.ts forbid and is still there. Entries may only go. */

export const STILL_UPWARDS: readonly string[] = [
  'daemon/core/accounts/accounts.ts → daemon/core/sign-in/pending.ts',
  'daemon/core/accounts/accounts.ts → daemon/core/sign-in/private-key.ts',
  'daemon/core/accounts/grants.ts → daemon/core/refresh/backoff.ts',
];

/** The folders on both sides of such an arrow import each other. */
export const STILL_BOTH_WAYS: readonly string[] = ['daemon/core/providers', 'daemon/core/providers/builtin'];

export const STILL_IN_CIRCLES: readonly string[] = [
  'client/direct.ts ↔ client/index.ts',
  'daemon/core/oauth/keys/installation-token.ts ↔ daemon/core/oauth/keys/minting.ts',
];

/** Rooms of the core. */
export const STILL_NAMING_ROWS: readonly string[] = [
  'accounts',
  'references',
  'refresh',
  'secrets',
  'sign-in',
  'tokens',
  'transfer',
  'vault',
];

/** Rooms of the core. */
export const STILL_IN_PARTS: readonly string[] = [
  'accounts',
  'providers',
  'references',
  'refresh',
  'secrets',
  'sign-in',
  'tokens',
  'transfer',
  'vault',
];
