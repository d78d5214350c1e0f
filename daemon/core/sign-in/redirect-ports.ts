import { SigilforgeError } from '../../../shared/errors.js';
import type { Leases } from '../store/lease.js';

/** Ports that providers fixed for their redirects: one sign-in at a time listens on each, in any process of these folders. */
export class RedirectPorts {
  readonly #leases: Leases;
  /** Who has which port, of the sign-ins in this process. */
  readonly #owners = new Map<number, string>();

  constructor(leases: Leases) {
    this.#leases = leases;
  }

  /** Takes a port for the sign-in of `owner` (`service/account`). Returns what gives it back. Throws `already_exists`. */
  claim(port: number, owner: string): () => void {
    const lease = this.#leases.tryTake(`redirect-port-${port}`);
    if (!lease) throw portInUse(port, this.#owners.get(port));
    this.#owners.set(port, owner);
    return () => {
      this.#owners.delete(port);
      lease.release();
    };
  }
}

function portInUse(port: number, owner: string | undefined): SigilforgeError {
  const which =
    owner === undefined
      ? 'Another sign-in of Sigilforge, in another program,'
      : `Another sign-in of Sigilforge, for ${owner},`;
  return new SigilforgeError('already_exists', `${which} is waiting on port ${port} for its browser.`, {
    hint: 'Finish or cancel that sign-in, then start this one again.',
  });
}
