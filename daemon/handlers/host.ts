import type { LogLevel, StartedBy } from '../../shared/schemas.js';
import { PROTOCOL_VERSION, VERSION } from '../../shared/version.js';
import type { Core } from '../core/core.js';
import { timestamp } from '../core/platform/clock.js';
import type { Doors } from './doors.js';
import type { Handlers, Peer } from './handlers.js';
import { openRpcDocument } from './openrpc.js';

type Methods = 'status' | 'rpc.discover' | 'set_log_level' | 'shutdown' | 'expect_leaving';

/** The process that holds the library: the daemon, or a program that uses it directly. */
export interface Host {
  /** The socket that is listened on now; `null` in-process. */
  socket(): string | null;
  readonly startedAt: number;
  /** `null` in-process. */
  readonly startedBy: StartedBy | null;
  connections(): number;
  setLogLevel(level: LogLevel): void;
  readonly doors: Doors;
  /** Begins to end the process, once the answer is on its way. `successor`: the next daemon, which is there already. */
  shutdown(successor?: Peer): void;
}

export function hostHandlers(
  { accounts, secrets, vault, keychain }: Core,
  host: Host,
): Pick<Handlers, Methods> {
  return {
    status: (_params, peer) => {
      const health = keychain.health();
      const socket = host.socket();
      // What others have here is not for a narrowed connection.
      const counted = (count: () => number): number | null => (peer.rights.isNarrowed ? null : count());
      return {
        version: VERSION,
        protocol: PROTOCOL_VERSION,
        pid: process.pid,
        started_at: timestamp(host.startedAt),
        started_by: host.startedBy,
        uptime_s: Math.floor(process.uptime()),
        socket,
        account_count: counted(() => accounts.count),
        secret_count: counted(() => secrets.count),
        connections: counted(() => host.connections()),
        peers_checked: socket === null ? null : peer.who.uid !== null,
        vault: { state: vault.state, key_source: vault.keySource },
        keychain: { available: health.available, error: health.error, probed_at: timestamp(health.probedAt) },
      };
    },
    'rpc.discover': () => openRpcDocument(),
    set_log_level: ({ level }) => {
      host.setLogLevel(level);
      return { level };
    },
    shutdown: ({ successor }, peer) => {
      host.shutdown(successor ? peer : undefined);
      return { stopping: true };
    },
    expect_leaving: (_params, peer) => ({ leaving: peer.expectLeaving() }),
  };
}
