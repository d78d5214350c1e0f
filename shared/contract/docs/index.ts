import { accountMethods, accountTypes } from './accounts.js';
import { askingMethods, askingTypes } from './asking.js';
import { auditMethods, auditTypes } from './audit.js';
import { capabilityMethods, capabilityTypes } from './capabilities.js';
import { commonTypes } from './common.js';
import { daemonMethods, daemonTypes } from './daemon.js';
import { doorMethods, doorTypes } from './doors.js';
import { eventMethods, eventTypes } from './events.js';
import { providerTypes } from './provider-types.js';
import { providerMethods } from './providers.js';
import { referenceMethods } from './references.js';
import { runMethods, runTypes } from './runs.js';
import { secretMethods, secretTypes } from './secrets.js';
import { storageMethods, storageTypes } from './storage.js';
import { tokenMethods, tokenTypes } from './tokens.js';
import type { NamedType } from './types.js';
import { vaultMethods, vaultTypes } from './vault.js';

export { EVERY_METHOD } from './common.js';
export { errorTexts } from './kinds.js';
export type { NamedType, RfcSection } from './types.js';

/**
 * What each method means in words, beside its schemas: only the generators in `tests/build/` and tests load it, so that
 * it costs a client nothing.
 */
export const methodTexts = {
  ...daemonMethods,
  ...providerMethods,
  ...accountMethods,
  ...tokenMethods,
  ...referenceMethods,
  ...secretMethods,
  ...vaultMethods,
  ...auditMethods,
  ...eventMethods,
  ...doorMethods,
  ...capabilityMethods,
  ...storageMethods,
  ...runMethods,
  ...askingMethods,
};

/** The types that documents refer to by their names. */
export const namedTypes: Readonly<Record<string, NamedType>> = {
  ...accountTypes,
  ...tokenTypes,
  ...eventTypes,
  ...providerTypes,
  ...secretTypes,
  ...vaultTypes,
  ...daemonTypes,
  ...doorTypes,
  ...auditTypes,
  ...capabilityTypes,
  ...storageTypes,
  ...runTypes,
  ...askingTypes,
  ...commonTypes,
};
