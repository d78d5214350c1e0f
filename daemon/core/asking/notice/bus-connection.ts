import net from 'node:net';
import { busSockets } from '../../../../shared/session-bus.js';
import type { BusReader } from './bus-body.js';
import { BusInlet } from './bus-inlet.js';
import { type BusCall, decodeMessage, encodeCall, lengthOf, PRELUDE_BYTES } from './bus-message.js';
import { NoticeFailure } from './notice-failure.js';

// Of the libraries for it, dbus-next is no longer kept, and dbus-native needs a newer Node than Sigilforge does.

/** For all of it: a desktop answers at once, or starts its notification server first. */
const LIMIT_MS = 3_000;

const HELLO: BusCall = {
  destination: 'org.freedesktop.DBus',
  path: '/org/freedesktop/DBus',
  interface: 'org.freedesktop.DBus',
  member: 'Hello',
};

/**
 * Calls one method on the bus at a D-Bus address, by a connection of its own, and gives what it answers. Rejects in a few
 * seconds at the latest.
 */
export async function callBus(address: string, call: BusCall): Promise<BusReader> {
  const limit = AbortSignal.timeout(LIMIT_MS);
  try {
    const bus = await openFirst(address, limit);
    try {
      await bus.call(HELLO);
      return await bus.call(call);
    } finally {
      bus.close();
    }
  } catch (thrown) {
    if (limit.aborted) throw new NoticeFailure('the bus did not answer in time', { cause: thrown });
    throw thrown;
  }
}

/** The first bus of an address that is there. */
async function openFirst(address: string, limit: AbortSignal): Promise<BusConnection> {
  let failure: unknown = new NoticeFailure('there is no bus');
  for (const { path, guid } of busSockets(address)) {
    const bus = new BusConnection(path, limit);
    try {
      await bus.signIn(guid);
      return bus;
    } catch (thrown) {
      bus.close();
      failure = thrown;
    }
  }
  throw failure;
}

class BusConnection {
  readonly #socket: net.Socket;
  readonly #inlet: BusInlet;
  #serial = 0;

  constructor(path: string, limit: AbortSignal) {
    this.#socket = new net.Socket({ signal: limit });
    // The inlet rejects for an error as well.
    this.#socket.on('error', () => {});
    this.#inlet = new BusInlet(this.#socket);
    this.#socket.connect(path);
  }

  /** By the user of this process, which the bus sees for itself ("Authentication Protocol" of the specification). */
  async signIn(guid: string | undefined): Promise<void> {
    const user = Buffer.from(String(process.getuid?.())).toString('hex');
    this.#socket.write(`\0AUTH EXTERNAL ${user}\r\n`);
    const [, id] = /^OK ([0-9a-f]{32})$/.exec(await this.#inlet.line()) ?? [];
    if (id === undefined) throw new NoticeFailure('the bus refused the connection');
    if (guid !== undefined && guid !== id) throw new NoticeFailure('it is another bus');
    this.#socket.write('BEGIN\r\n');
  }

  async call(call: BusCall): Promise<BusReader> {
    this.#serial += 1;
    this.#socket.write(encodeCall(call, this.#serial));
    for (;;) {
      const message = decodeMessage(await this.#inlet.take(lengthOf(await this.#inlet.ahead(PRELUDE_BYTES))));
      if (message.replyTo !== this.#serial) continue;
      if (message.kind === 'answer') return message.body;
      throw new NoticeFailure(`the bus answered ${knownName(message.errorName)}`);
    }
  }

  close(): void {
    this.#socket.destroy();
  }
}

/** The name of an error, if it is one of D-Bus itself: the names of others are theirs to choose. */
function knownName(name: string | undefined): string {
  return /^org\.freedesktop\.DBus\.Error\.[A-Za-z]{1,64}$/.exec(name ?? '')?.[0] ?? 'an error';
}
