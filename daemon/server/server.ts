import type { Logger } from '../core/platform/log.js';
import { Budget } from './budget.js';
import { Connection } from './connection.js';
import { Departure } from './departure.js';
import type { Entrance } from './entrance.js';
import { defaultLimits, type Limits } from './limits.js';
import { drained, type Listener } from './listener.js';
import { Places } from './places.js';
import { Rounds } from './rounds.js';
import type { Dispatcher } from './rpc.js';
import { Strangers } from './strangers.js';
import { isOtherUser, whoConnected } from './who.js';

/** A server at work. */
export interface Serving {
  /** How many clients are connected now. */
  readonly connections: number;
  /** Where it listens. */
  readonly address: string;
  /** Whether clients that look there reach it. */
  isInPlace(): boolean;
  /** Accepts clients by another listener from now on. Those that are connected stay. As with `serve`: in the same turn. */
  moveTo(next: Listener): void;
  /** Accepts clients by one more listener too, narrowed to what its door grants. As with `serve`: in the same turn. */
  acceptAt(door: Listener, entrance: Entrance): void;
  /**
   * Accepts no more clients, except those that had found it before, and has those that are connected leave, which are served
   * until then. Resolves once all but `successor` have left, or have had the time for it.
   */
  leave(successor?: object): Promise<void>;
  /** Goes on in place of leaving: `moveTo` has clients come again. */
  stay(): void;
  /** Accepts no more clients, waits at most `closeMs` for running requests to be answered, and ends every connection. */
  close(): Promise<void>;
}

/**
 * Serves clients on a server that is listening. Call it in the same turn as the server began to listen, or the first
 * clients are lost.
 */
export function serve(
  first: Listener,
  dispatch: Dispatcher,
  log: Logger,
  changed: Partial<Limits> = {},
): Serving {
  const limits = { ...defaultLimits, ...changed };
  const budget = new Budget(limits.held, (bytes) => log.warn('connection.holds_too_much', { bytes }));
  const places = new Places<Connection>(limits);
  const strangers = new Strangers(log);
  const shared = { dispatch, limits, budget, places, rounds: new Rounds() };
  let closing: Promise<void> | undefined;
  let departure: Departure | undefined;
  let listener = accept(first);

  function accept(next: Listener, entrance?: Entrance): Listener {
    next.server.on('connection', (socket) => {
      const who = whoConnected(socket, entrance?.label ?? null);
      if (isOtherUser(who)) {
        strangers.note(who);
        socket.destroy();
        return;
      }
      const connection = new Connection(socket, who, shared, entrance?.rights());
      socket.on('close', () => {
        places.remove(connection);
        entrance?.left(connection);
        departure?.note();
      });
      entrance?.entered(connection);
      places.add(connection);
      if (departure) connection.leave(departure.how);
    });
    // Accepting can fail, for example if there are no descriptors left. The clients that are connected are still served.
    next.server.on('error', (error: NodeJS.ErrnoException) => {
      log.warn('connection.accept_failed', { error: error.code });
    });
    return next;
  }

  async function leave(successor?: object): Promise<void> {
    const leaving = () => places.all().filter((one) => one !== successor && one.mustLeave);
    const begun = new Departure({ successor: successor !== undefined }, () => leaving().length > 0);
    const last = listener;
    departure = begun;
    for (const connection of leaving()) connection.leave(begun.how);
    // Another daemon has its place, so that no others come.
    if (!last.isInPlace()) await drained(last.server);
    void last.close();
    await begun.wait(limits.leaveMs);
  }

  async function close(): Promise<void> {
    const closed = [listener.close(), ...places.all().map((connection) => connection.finish())];
    const limit = setTimeout(() => {
      for (const connection of places.all()) connection.destroy();
    }, limits.closeMs);
    await Promise.all(closed);
    clearTimeout(limit);
  }

  return {
    get connections() {
      return places.size;
    },
    get address() {
      return listener.address;
    },
    isInPlace: () => listener.isInPlace(),
    moveTo(next) {
      void listener.close();
      listener = accept(next);
    },
    leave,
    stay() {
      departure?.end();
      departure = undefined;
      for (const connection of places.all()) connection.stay();
    },
    acceptAt: (door, entrance) => void accept(door, entrance),
    close() {
      closing ??= close();
      return closing;
    },
  };
}
