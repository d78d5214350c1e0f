import { existsSync, lstatSync } from 'node:fs';
import path from 'node:path';
import { isErrno } from '../shared/errno.js';
import { asSigilforgeError } from '../shared/errors.js';
import type { Logger } from './core/platform/log.js';
import { isPresent, removePresence, writePresence } from './presence.js';
import { bindSocket } from './server/listen.js';
import type { Serving } from './server/server.js';

/** How often the daemon sees whether clients still find it, in milliseconds: the cost is a few calls of the system. */
const STEP_MS = 2_000;

interface Places {
  /** The socket's place by the configuration. */
  readonly usual: string;
  /** Its place if it cannot be there. */
  readonly elsewhere: string;
  /** The file that says where it is. */
  readonly presence: string;
}

/**
 * Keeps the daemon where clients find it. A runtime folder goes with the last session of its user, and is made again with
 * the next one: if the socket is gone, the daemon listens again, at the usual place or, until that is free, elsewhere.
 * The caller holds the instance lock from the beginning until after `leave`.
 */
export class Whereabouts {
  readonly #serving: Serving;
  readonly #places: Places;
  readonly #log: Logger;
  #timer: NodeJS.Timeout | undefined;
  #looking = false;
  #ended = false;
  #lost = false;
  #unwritable = false;

  constructor(serving: Serving, places: Places, log: Logger) {
    this.#serving = serving;
    this.#places = places;
    this.#log = log;
    this.#write();
    this.#begin();
  }

  /** Listens nowhere else from now on. */
  stay(): void {
    this.#ended = true;
    clearInterval(this.#timer);
  }

  /** Listens again after `stay`, at once. */
  async comeBack(): Promise<void> {
    this.#ended = false;
    this.#begin();
    await this.#look();
  }

  leave(): void {
    removePresence(this.#places.presence);
  }

  #begin(): void {
    this.#timer = setInterval(() => void this.#look(), STEP_MS).unref();
  }

  async #look(): Promise<void> {
    // Without its data folder the daemon has lost its lock too, and must leave nothing where a home was removed.
    if (this.#looking || !existsSync(path.dirname(this.#places.presence))) return;
    this.#looking = true;
    for (const place of this.#wanted()) if (await this.#listenAt(place)) break;
    this.#looking = false;
    if (!this.#ended) this.#write();
  }

  /** Where to listen in place of now, best first. */
  #wanted(): Iterable<string> {
    const { usual, elsewhere } = this.#places;
    if (!this.#serving.isInPlace()) return new Set([usual, elsewhere]);
    return this.#serving.address !== usual && isFree(usual) ? [usual] : [];
  }

  async #listenAt(place: string): Promise<boolean> {
    try {
      const listener = await bindSocket(place);
      if (this.#ended) await listener.close();
      else this.#serving.moveTo(listener);
      this.#lost = false;
      this.#log.info('socket.moved', { socket: place });
      return true;
    } catch (thrown) {
      if (!this.#lost) this.#log.warn('socket.gone', { socket: place, kind: asSigilforgeError(thrown).kind });
      this.#lost = true;
      return false;
    }
  }

  /** If it fails, as on a full disk, clients still find the usual place, and it is tried again. */
  #write(): void {
    const { address } = this.#serving;
    if (isPresent(this.#places.presence, address)) return;
    try {
      writePresence(this.#places.presence, address);
      this.#unwritable = false;
    } catch (thrown) {
      if (!this.#unwritable) this.#log.warn('presence.not_written', { kind: asSigilforgeError(thrown).kind });
      this.#unwritable = true;
    }
  }
}

function isFree(place: string): boolean {
  try {
    lstatSync(place);
    return false;
  } catch (thrown) {
    return isErrno(thrown, 'ENOENT');
  }
}
