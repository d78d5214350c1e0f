import type { SigilforgeEvent, Topic } from '../shared/contract/index.js';
import { type Address, findSocket } from './address.js';
import { type DaemonConnection, openConnection } from './connection.js';
import { noDaemon } from './no-daemon.js';
import { versionNotice } from './version-notice.js';

/** How long a daemon may take to begin, in milliseconds: the one before it may have an exchange under way. */
const SUBSCRIBE_LIMIT = 90_000;

/** Events until the daemon ends. */
export interface Following {
  /** Resolves when the daemon has ended and no other one has followed it, or after `close`. */
  readonly ended: Promise<void>;
  close(): void;
}

/**
 * Follows the events of these topics of the daemon of this environment, and of the one that takes its place, which is told
 * to `onNotice`, as what that of `connect` is told. Throws `daemon_unavailable` if none runs.
 */
export async function follow(
  topics: [Topic, ...Topic[]],
  onEvent: (event: SigilforgeEvent) => void,
  onNotice: (sentence: string) => void,
): Promise<Following> {
  const address = await findSocket();
  let isClosed = false;
  let connection = await subscribed(address, topics, onEvent);
  if (!connection) throw noDaemon(address);
  const notice = versionNotice(connection.address);
  if (notice !== undefined) onNotice(notice);
  const untilEnded = async (): Promise<void> => {
    while (connection !== undefined) {
      const { closed } = connection;
      await closed;
      if (isClosed || !connection.succeeded) return;
      connection = await subscribed(address, topics, onEvent).catch(() => undefined);
      if (connection) onNotice('The daemon was restarted. Events of that moment may be missing here.');
    }
  };
  return {
    ended: untilEnded(),
    close: () => {
      isClosed = true;
      connection?.disconnect();
    },
  };
}

async function subscribed(
  address: Address,
  topics: [Topic, ...Topic[]],
  onEvent: (event: SigilforgeEvent) => void,
): Promise<DaemonConnection | undefined> {
  const connection = await openConnection(address, onEvent);
  connection?.hold(true);
  try {
    await connection?.call('subscribe', { topics }, SUBSCRIBE_LIMIT);
    return connection;
  } catch (thrown) {
    connection?.disconnect();
    throw thrown;
  }
}
