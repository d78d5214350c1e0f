/** The `node:diagnostics_channel` on which the core says which named points it passes; see daemon/core/platform/trace.ts. */
export const TRACE_CHANNEL = 'sigilforge:trace';
