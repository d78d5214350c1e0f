import { randomBytes } from 'node:crypto';
import type { Config } from '../../shared/config.js';
import type { ResultOf } from '../../shared/contract/index.js';
import { SigilforgeError } from '../../shared/errors.js';
import { Term } from '../../shared/term.js';
import { systemClock, timestamp } from '../core/platform/clock.js';
import { type Listed, pageOf } from '../core/platform/pages.js';
import { shuttingDown } from '../core/platform/shutting-down.js';
import { whenGone } from '../core/platform/when-gone.js';
import type { RunAtDoor, RunDoor, RunDoors } from '../core/runs/doors.js';
import type { DoorRequest, Doors } from '../handlers/doors.js';
import type { Peer } from '../handlers/handlers.js';
import { type OwnRun, Rights } from '../handlers/rights.js';
import type { Connection } from './connection.js';
import { leaveFolder, listenAtDoor } from './door-places.js';
import type { Entrance } from './entrance.js';
import type { Listener } from './listener.js';
import { runDoorAt } from './run-door.js';
import type { Serving } from './server.js';

const ID_CHARACTERS = 'abcdefghijklmnopqrstuvwxyz234567';

const LISTED: Listed<Door> = { name: 'doors', keyOf: ({ id }) => [id] };

/** Whom a door is for: it goes away with a connection, or with a run. */
interface DoorOwner {
  readonly opener?: Peer;
  readonly run?: OwnRun;
}

/** One door, from when it is asked for until it is closed. */
class Door implements Entrance {
  readonly id: string;
  readonly name: string | null;
  /** The connection that it goes away with; a door of a run has none. */
  readonly opener: Peer | undefined;
  readonly #run: OwnRun | undefined;
  readonly #term: Term | undefined;
  /** Its opener is not closed to make room for another connection. */
  readonly #release: (() => void) | undefined;
  #grants: readonly string[];
  #stays: (() => void)[] = [];
  readonly #openedAt = systemClock.wall();
  readonly #through = new Set<Connection>();
  #listener: Listener | undefined;

  constructor(id: string, { grants, name, expires_in_s }: DoorRequest, { opener, run }: DoorOwner) {
    this.id = id;
    this.name = name ?? null;
    this.opener = opener;
    this.#grants = grants;
    this.#run = run;
    this.#term = Term.ofSeconds(expires_in_s);
    this.#release = opener?.keep();
  }

  get label(): string {
    return this.name ?? this.id;
  }

  /** Where it is, once it is open. */
  get socket(): string | undefined {
    return this.#listener?.address;
  }

  get info(): ResultOf<'list_doors'>['doors'][number] {
    const { id, name } = this;
    return {
      ...{ door: id, name, grants: [...this.#grants] },
      opened_at: timestamp(this.#openedAt),
      expires_at: timestamp(this.#term?.endsAt ?? null),
      connections: this.#through.size,
    };
  }

  rights(): Rights {
    return new Rights(this.#grants, this.#term, this.#run);
  }

  /** Takes back all grants but these, from every connection too. */
  keepOnly(grants: readonly string[]): void {
    this.#grants = this.#grants.filter((grant) => grants.includes(grant));
    for (const connection of this.#through) connection.rights.keepOnly(this.#grants);
  }

  entered(connection: Connection): void {
    this.#through.add(connection);
  }

  left(connection: Connection): void {
    this.#through.delete(connection);
  }

  opened(listener: Listener): void {
    this.#listener = listener;
  }

  /** Calls `leave` once its opener is gone, and `expire` once its time is over. */
  stayUntil({ leave, expire }: { leave(): void; expire(): void }): void {
    if (this.opener) this.#stays.push(whenGone(this.opener.gone, leave));
    if (this.#term) this.#stays.push(this.#term.whenOver(expire));
  }

  /** Lets no more clients in. Those that are connected stay. */
  shut(): void {
    for (const forget of this.#stays.splice(0)) forget();
    this.#release?.();
    void this.#listener?.close();
  }

  /** Ends those that are connected, which are told that it will not be opened again. */
  shutOut(): void {
    for (const connection of this.#through) connection.shutOut(this.id);
  }

  /** The same without a word: its opener may open it again. */
  endConnections(): void {
    for (const connection of this.#through) connection.destroy();
  }
}

/** How many may be open, of all connections and of each. */
type DoorLimits = Pick<Config['limits'], 'doors' | 'doors_each'>;

/** The doors of a daemon. */
export class OpenDoors implements Doors, RunDoors {
  readonly #doors = new Map<string, Door>();
  readonly #limits: DoorLimits;
  /** The daemon is about to end: openers go before their doors do. */
  #isLeaving = false;
  /** Until it serves, and once it ends, no door is opened. */
  #serving: Serving | undefined;

  constructor(limits: DoorLimits) {
    this.#limits = limits;
  }

  /** From now on doors may be opened, whose clients this server serves. */
  begin(serving: Serving): void {
    this.#serving = serving;
  }

  /** From now on a door stays open if its opener goes: that one opens it again at the next daemon, and clients use it until then. */
  leave(): void {
    this.#isLeaving = true;
  }

  /** The daemon does not end after all: closes those whose opener has gone meanwhile. */
  stay(): void {
    this.#isLeaving = false;
    for (const door of [...this.#doors.values()]) if (door.opener?.gone.aborted) this.#close(door);
  }

  /** Shuts every door. Their connections are the server's to end. */
  end(): void {
    this.#serving = undefined;
    for (const door of [...this.#doors.values()]) this.#shut(door);
  }

  async open(request: DoorRequest, opener: Peer): Promise<ResultOf<'open_door'>> {
    const { door, socket } = await this.#open(request, { opener });
    return { door: door.id, socket };
  }

  async openForRun(run: RunAtDoor): Promise<RunDoor> {
    const { capability, grants } = run;
    const { door, socket } = await this.#open({ grants: [...grants], name: `run:${capability}` }, { run });
    return runDoorAt(socket, { narrow: (left) => door.keepOnly(left), close: () => this.#close(door) });
  }

  list(cursor: string | undefined): ResultOf<'list_doors'> {
    const open = [...this.#doors.values()].filter(({ socket }) => socket !== undefined);
    const sorted = open.sort((one, other) => (one.id < other.id ? -1 : 1));
    const page = pageOf(LISTED, sorted, ({ info }) => info, cursor);
    return { doors: page.items, cursor: page.cursor };
  }

  close(id: string, by: Peer): boolean {
    const door = this.#doors.get(id);
    if (door?.socket === undefined) return false;
    this.#withdraw(door, by);
    return true;
  }

  async #open(
    request: DoorRequest,
    owner: DoorOwner,
  ): Promise<{ readonly door: Door; readonly socket: string }> {
    const id = request.door ?? newDoorId();
    this.#assertRoom(id, owner.opener);
    const door = new Door(id, request, owner);
    this.#doors.set(id, door);
    try {
      const socket = await this.#listen(door);
      door.stayUntil({ leave: () => this.#openerLeft(door), expire: () => this.#withdraw(door) });
      return { door, socket };
    } catch (thrown) {
      this.#close(door);
      throw thrown;
    }
  }

  async #listen(door: Door): Promise<string> {
    const serving = this.#serving;
    if (serving === undefined) throw shuttingDown();
    const listener = await listenAtDoor(door.id, serving.address);
    serving.acceptAt(listener, door);
    door.opened(listener);
    // It may have ended meanwhile.
    if (this.#serving === undefined) throw shuttingDown();
    return listener.address;
  }

  #openerLeft(door: Door): void {
    if (!this.#isLeaving) this.#close(door);
  }

  /** Closes one for good: because `by` asks for it, or because its time is over. */
  #withdraw(door: Door, by?: Peer): void {
    if (this.#doors.get(door.id) !== door) return;
    // First, so that it is known before the connections end that came through.
    if (door.opener !== by) door.opener?.doorClosed(door.id);
    this.#shut(door);
    door.shutOut();
  }

  #close(door: Door): void {
    this.#shut(door);
    door.endConnections();
  }

  #shut(door: Door): void {
    if (this.#doors.get(door.id) === door) this.#doors.delete(door.id);
    door.shut();
    if (door.socket !== undefined) leaveFolder(door.socket, this.#doors.size === 0);
  }

  #assertRoom(id: string, opener: Peer | undefined): void {
    if (this.#doors.has(id)) throw alreadyOpen();
    const doors = [...this.#doors.values()];
    const { doors: most, doors_each: each } = this.#limits;
    if (doors.length >= most) throw tooMany(`The daemon has ${most} doors.`);
    const own = doors.filter((door) => door.opener === opener);
    if (opener !== undefined && own.length >= each) throw tooMany(`This connection has ${each} doors.`);
  }
}

/** 80 random bits, each five of them as a character of `DOOR_ID`. */
function newDoorId(): string {
  return Array.from(randomBytes(16), (byte) => ID_CHARACTERS[byte % ID_CHARACTERS.length]).join('');
}

function alreadyOpen(): SigilforgeError {
  return new SigilforgeError('already_exists', 'The door of this id is open.', {
    hint: 'Leave the id out for a new door, or see those that are open with: sigilforge door list',
  });
}

function tooMany(sentence: string): SigilforgeError {
  return new SigilforgeError('limit_exceeded', sentence, {
    hint: 'Close one that is not needed: sigilforge door close NAME',
  });
}
