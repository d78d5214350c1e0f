import { SigilforgeError } from '../../shared/errors.js';
import { INSTANCE_LEASE } from '../../shared/holder.js';
import type { Paths } from '../../shared/paths.js';
import { isOlder, VERSION } from '../../shared/version.js';
import { trace } from '../core/platform/trace.js';
import { assertSchemaKnown } from '../core/store/known-schema.js';
import type { Lease, Leases } from '../core/store/lease.js';
import { bindSocket } from '../server/listen.js';
import { WaitingRoom } from '../server/waiting-room.js';
import { Predecessor } from './predecessor.js';

/** Which running daemon a new one replaces. */
export const REPLACED = ['any', 'older'] as const;
export type Replaced = (typeof REPLACED)[number];

/** Only its holder may take the place of the daemon that runs, so that these follow each other. */
const SUCCESSION_LEASE = 'succession';

/** How long the last daemon may take to end, in milliseconds: an exchange with a provider a minute, and itself after that. */
const END_MS = 75_000;

/** The place of the daemon that made way. */
export interface Succession {
  readonly instanceLease: Lease;
  readonly clients: WaitingRoom;
  readonly replaced: Predecessor['identity'];
  /** The new daemon is ready, or never will be: another one may follow now. */
  release(): void;
}

export interface SuccessionRequest {
  readonly replaces: Replaced;
  /** Where the new daemon listens. */
  readonly socket: string;
  /** How many clients may wait meanwhile. */
  readonly most: number;
}

/**
 * Takes the place of the daemon that runs: clients that come from now on wait here, and the last daemon ends once it has
 * answered its own. `undefined` if none runs that can be asked, or none that may be replaced: then it stays as it was.
 * Throws `incompatible` if the database is of a newer version, and `timeout` if the last daemon does not end.
 */
export async function succeed(
  paths: Paths,
  leases: Leases,
  request: SuccessionRequest,
): Promise<Succession | undefined> {
  const turn = await leases.take(SUCCESSION_LEASE, END_MS);
  if (turn === undefined) throw notEnded();
  trace('succession.turn');
  try {
    const place = await placeOf(await Predecessor.find(paths), paths, leases, request);
    if (place === undefined) turn.release();
    return place && { ...place, release: () => turn.release() };
  } catch (thrown) {
    turn.release();
    throw thrown;
  }
}

async function placeOf(
  predecessor: Predecessor | undefined,
  paths: Paths,
  leases: Leases,
  { replaces, socket, most }: SuccessionRequest,
): Promise<Omit<Succession, 'release'> | undefined> {
  if (predecessor === undefined) return undefined;
  const { identity } = predecessor;
  let room: WaitingRoom | undefined;
  try {
    if (!mayReplace(predecessor, replaces) || (paths.socketPinned && socket !== predecessor.socket))
      return undefined;
    await assertSchemaKnown(paths);
    const isSamePlace = socket === predecessor.socket;
    room = new WaitingRoom(await bindSocket(socket, { replaces: isSamePlace }), most);
    trace('succession.bound');
    await predecessor.makeWay();
    trace('succession.asked');
    const instanceLease = await leases.take(INSTANCE_LEASE, END_MS);
    if (instanceLease === undefined) throw notEnded();
    trace('succession.taken');
    return { instanceLease, clients: room, replaced: identity };
  } catch (thrown) {
    room?.close();
    throw thrown;
  } finally {
    predecessor.disconnect();
  }
}

/** One that a service manager has started is that one's to replace: it would start its own again. */
function mayReplace({ identity }: Predecessor, replaces: Replaced): boolean {
  if (identity.started_by === 'systemd' || identity.started_by === 'launchd') return false;
  return replaces === 'any' || isOlder(identity.version, VERSION);
}

function notEnded(): SigilforgeError {
  return new SigilforgeError(
    'timeout',
    'The daemon that runs has not ended in time, so it was not replaced.',
    {
      hint: 'It ends after its exchange with a provider. Then start this version with: sigilforge daemon restart',
    },
  );
}
