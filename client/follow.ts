import type { SigilforgeEvent, Topic } from '../shared/contract/index.js';
import { findSocket } from './address.js';
import { openConnection } from './connection.js';
import { noDaemon } from './no-daemon.js';
import { versionNotice } from './version-notice.js';

/** How long a daemon may take to begin, in milliseconds. */
const SUBSCRIBE_LIMIT = 10_000;

/** Events of one connection. It is never opened again, so that no event is missed without an error. */
export interface Following {
  /** Resolves when the daemon has ended the connection, or `close` has. */
  readonly ended: Promise<void>;
  close(): void;
}

/**
 * Follows the events of these topics of the daemon of this environment. `onNotice` as that of `connect`. Throws
 * `daemon_unavailable` if none runs.
 */
export async function follow(
  topics: [Topic, ...Topic[]],
  onEvent: (event: SigilforgeEvent) => void,
  onNotice: (sentence: string) => void,
): Promise<Following> {
  const address = await findSocket();
  const connection = await openConnection(address, onEvent);
  if (!connection) throw noDaemon(address);
  const notice = versionNotice(connection.address);
  if (notice !== undefined) onNotice(notice);
  connection.hold(true);
  try {
    await connection.call('subscribe', { topics }, SUBSCRIBE_LIMIT);
  } catch (thrown) {
    connection.disconnect();
    throw thrown;
  }
  return { ended: connection.closed, close: () => connection.disconnect() };
}
