import { createHash } from 'node:crypto';
import type { BigIntStats } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import type { Clock } from '../platform/clock.js';
import { readPieces } from './files.js';

/** Times of files move in steps: what was written in the same step as it was read would look as if it were not. */
const SETTLED_MS = 2_000;

interface Known {
  readonly identity: string;
  readonly sha256: string;
}

/** The hashes of the files of one folder: a file is read again only if its inode, its times or its size are others. */
export class FolderHashes {
  readonly #clock: Pick<Clock, 'wall'>;
  readonly #byName = new Map<string, Known>();

  constructor(clock: Pick<Clock, 'wall'>) {
    this.#clock = clock;
  }

  async of(name: string, handle: FileHandle, stats: BigIntStats): Promise<string> {
    const known = this.known(name, stats);
    if (known !== undefined) return known;
    const isSettled = this.#clock.wall() - Number(stats.ctimeMs) >= SETTLED_MS;
    const sha256 = await hashOf(handle);
    if (isSettled) this.#byName.set(name, { identity: identityOf(stats), sha256 });
    return sha256;
  }

  /** The hash of a file that is still the one that was read; `undefined` if it must be read. */
  known(name: string, stats: BigIntStats): string | undefined {
    const known = this.#byName.get(name);
    return known?.identity === identityOf(stats) ? known.sha256 : undefined;
  }

  /** Forgets the files that are no longer there. */
  keepOnly(names: ReadonlySet<string>): void {
    for (const name of this.#byName.keys()) if (!names.has(name)) this.#byName.delete(name);
  }
}

function identityOf({ dev, ino, size, mtimeNs, ctimeNs }: BigIntStats): string {
  return [dev, ino, size, mtimeNs, ctimeNs].join(' ');
}

async function hashOf(handle: FileHandle): Promise<string> {
  const hash = createHash('sha256');
  await readPieces(handle, (piece) => void hash.update(piece));
  return hash.digest('hex');
}
