import { bomb } from './archive-errors.js';

/** How much larger than the archive its files may be in all. */
const MOST_RATIO = 100;
/** So little does no harm, however well it is packed. */
const HARMLESS_BYTES = 1024 * 1024;

/** Counts the bytes that really come out of an archive, whatever it says about itself. */
export class Allowance {
  readonly #most: number;
  #bytes = 0;

  constructor(archiveBytes: number) {
    this.#most = Math.max(HARMLESS_BYTES, MOST_RATIO * archiveBytes);
  }

  take(bytes: number): void {
    this.#bytes += bytes;
    if (this.#bytes > this.#most) throw bomb();
  }
}
