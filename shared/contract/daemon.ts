import * as v from 'valibot';
import { LogLevel, StartedBy, Timestamp } from '../schemas.js';
import { MaybeTime, method } from './types.js';
import { VaultState } from './vault.js';

/** A notification of method `leaving`, to a connection that asked for it by `expect_leaving`. */
export const Leaving = v.object({ successor: v.boolean() });
export type Leaving = v.InferOutput<typeof Leaving>;

export const daemon = {
  status: method(
    'Reports what is known about the daemon, its vault and its keychain: it contacts no keychain or provider and does not postpone `lock_after`.',
    {},
    v.object({
      version: v.string(),
      protocol: v.number(),
      pid: v.number(),
      started_at: Timestamp,
      // An older daemon does not say.
      started_by: v.optional(v.nullable(StartedBy), null),
      uptime_s: v.number(),
      socket: v.nullable(v.string()),
      account_count: v.nullable(v.number()),
      secret_count: v.nullable(v.number()),
      connections: v.nullable(v.number()),
      peers_checked: v.nullable(v.boolean()),
      vault: v.object({ state: VaultState, key_source: v.nullable(v.string()) }),
      keychain: v.object({
        available: v.nullable(v.boolean()),
        error: v.nullable(v.string()),
        probed_at: MaybeTime,
      }),
    }),
  ),
  'rpc.discover': method(
    'Returns this contract as an OpenRPC document.',
    {},
    v.record(v.string(), v.unknown()),
  ),
  set_log_level: method(
    "Changes the daemon's log level.",
    { level: LogLevel },
    v.object({ level: LogLevel }),
  ),
  shutdown: method(
    'Stops the daemon once what is in progress is done.',
    { successor: v.optional(v.boolean()) },
    v.object({ stopping: v.boolean() }),
  ),
  expect_leaving: method(
    'Asks for a notification of method `leaving` on this connection before the daemon ends.',
    {},
    v.object({ leaving: v.boolean() }),
  ),
};
