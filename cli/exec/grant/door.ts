import type { Address } from '../../../client/address.js';
import { type DaemonConnection, openConnection } from '../../../client/connection.js';
import { openAgain } from '../../../client/open-again.js';
import type { Term } from '../../../shared/term.js';

/** What a door is opened with. */
export interface DoorRequest {
  readonly grants: readonly string[];
  readonly name: string | undefined;
  /** The daemon closes it then, also if this process is stopped. */
  readonly term: Term | undefined;
}

/** How long the daemon may take for a request about doors, in milliseconds. */
const LIMIT_MS = 10_000;

/** A door that is opened again at the same path if the daemon was restarted. It keeps no process alive. */
export class Door {
  /** The path of its socket. */
  readonly socket: string;
  readonly #door: string;
  readonly #address: Address;
  readonly #request: DoorRequest;
  /** That of the connection which the door ends with; `undefined` while the daemon is away. */
  #owner: DaemonConnection | undefined;
  #isOver = false;
  #withdrawn = (): void => {};
  /** Resolves once another client has closed it, or its time is over. Then it stays closed, whatever happens to the daemon. */
  readonly withdrawn = new Promise<void>((resolve) => {
    this.#withdrawn = resolve;
  });

  private constructor(
    address: Address,
    request: DoorRequest,
    owner: DaemonConnection,
    { door, socket }: { readonly door: string; readonly socket: string },
  ) {
    this.#address = address;
    this.#request = request;
    this.#door = door;
    this.socket = socket;
    this.#follow(owner);
  }

  /** Opens a door over `owner`, which is ended with it. Throws the daemon's error. */
  static async open(address: Address, owner: DaemonConnection, request: DoorRequest): Promise<Door> {
    return new Door(address, request, owner, await openDoor(owner, request));
  }

  /** Ends the door for good. */
  close(): void {
    this.#isOver = true;
    this.#owner?.disconnect();
  }

  #follow(owner: DaemonConnection): void {
    this.#owner = owner;
    owner.whenDoorClosed(this.#door, () => {
      this.close();
      this.#withdrawn();
    });
    void owner.closed.then(() => {
      this.#owner = undefined;
      return this.#openAgain();
    });
  }

  async #openAgain(): Promise<void> {
    const owner = await openAgain(
      () => this.#try(),
      () => !this.#isOver,
    );
    if (owner !== undefined) this.#follow(owner);
    if (this.#isOver) owner?.disconnect();
  }

  async #try(): Promise<DaemonConnection | undefined> {
    const owner = await openConnection(this.#address);
    try {
      if (owner !== undefined) await openDoor(owner, { ...this.#request, door: this.#door });
      return owner;
    } catch (thrown) {
      owner?.disconnect();
      throw thrown;
    }
  }
}

function openDoor(
  owner: DaemonConnection,
  { grants, name, term, door }: DoorRequest & { readonly door?: string },
): Promise<{ door: string; socket: string }> {
  const params = { grants: [...grants], name, door, expires_in_s: term?.leftSeconds };
  return owner.call('open_door', params, LIMIT_MS);
}
