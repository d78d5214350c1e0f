import type { Clock } from '../platform/clock.js';
import type { Logger } from '../platform/log.js';
import type { Leases } from './lease.js';
import type { Sqlite } from './sqlite.js';

/** What every service of the library stands on; always its first parameter. */
export interface Env {
  readonly clock: Clock;
  readonly log: Logger;
  readonly db: Sqlite;
  readonly leases: Leases;
}
