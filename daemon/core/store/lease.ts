import { rmSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { makePrivateFolder } from '../../../shared/private-folder.js';
import { lockFile } from './sqlite.js';

const RETRY_MS = 25;

/** A lock that the kernel holds for this process: it ends when it is released, or when the process ends in any way. */
export interface Lease {
  release(): void;
}

/** Named locks between processes, each a file of its own. No pid, clock or expiry decides anything. */
export class Leases {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** The lease, or `undefined` if another process, or another part of this one, holds it. */
  tryTake(name: string): Lease | undefined {
    makePrivateFolder(this.#folder);
    const release = lockFile(path.join(this.#folder, name));
    return release && { release };
  }

  /** The lease, once it is free; `undefined` when it is not within `limitMs`. */
  async take(name: string, limitMs: number): Promise<Lease | undefined> {
    const limit = performance.now() + limitMs;
    for (;;) {
      const lease = this.tryTake(name);
      if (lease || performance.now() > limit) return lease;
      await delay(RETRY_MS);
    }
  }
  /** Removes the file of a lease that guards nothing any more. Its name is never used again. */
  forget(name: string): void {
    rmSync(path.join(this.#folder, name), { force: true });
  }
}
