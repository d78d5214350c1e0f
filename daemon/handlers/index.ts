import type { Core } from '../core/core.js';
import { accountHandlers } from './accounts.js';
import { admissionTo } from './admission.js';
import { askingHandlers } from './asking.js';
import { auditHandlers } from './audit.js';
import { audited } from './audited.js';
import { capabilityHandlers } from './capabilities.js';
import { doorHandlers } from './doors.js';
import { eventHandlers } from './events.js';
import type { Handlers } from './handlers.js';
import { type Host, hostHandlers } from './host.js';
import { providerHandlers } from './providers.js';
import { runHandlers } from './runs.js';
import { secretHandlers } from './secrets.js';
import { storageHandlers } from './storage.js';
import { suggesting } from './suggesting.js';
import { tokenHandlers } from './tokens.js';
import { vaultHandlers } from './vault.js';

/** Every method of the contract, on one library. `subscriptions`: how many each peer may have. */
export function createHandlers(core: Core, host: Host, subscriptions?: number): Handlers {
  const handlers: Handlers = {
    ...hostHandlers(core, host),
    ...providerHandlers(core),
    ...accountHandlers(core),
    ...tokenHandlers(core),
    ...secretHandlers(core),
    ...vaultHandlers(core),
    ...eventHandlers(core, subscriptions),
    ...doorHandlers(host.doors),
    ...auditHandlers(core),
    ...capabilityHandlers(core),
    ...storageHandlers(core),
    ...runHandlers(core),
    ...askingHandlers(core),
  };
  const { admits } = admissionTo(core);
  return suggesting({ ...handlers, ...audited(handlers, { audit: core.audit, admits }) }, core);
}
