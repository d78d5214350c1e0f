import fs from 'node:fs';
import path from 'node:path';
import { isErrno } from '../../../shared/errno.js';
import { asSigilforgeError } from '../../../shared/errors.js';
import { pathError, withPathErrors } from '../../../shared/path-error.js';
import { makeMissingFolders } from '../../../shared/private-folder.js';
import { Secret } from '../../../shared/secret.js';
import { removeIfPossible } from '../../../shared/whole-file.js';
import { writePrivateFile } from '../platform/files.js';
import type { Place } from '../sealing/places.js';
import type { Sealer, Vault } from '../vault/vault.js';

/** Texts that are sealed in files of one folder, for what the store cannot hold. */
export class SealedFiles {
  readonly #folder: string;
  readonly #vault: Vault;

  constructor(folder: string, vault: Vault) {
    this.#folder = folder;
    this.#vault = vault;
  }

  /** Returns once the text is on the disk. */
  async write(name: string, place: Place, text: string): Promise<void> {
    const sealer = await this.#vault.forAnswer();
    // Whose folder it is was checked at the start. Refusing one that was opened up since would lose a grant, and the text is
    // sealed.
    makeMissingFolders(this.#folder);
    writePrivateFile(this.#file(name), sealer.sealAside(place, new Secret(text)));
  }

  /** `undefined` if there is no such file. Throws `integrity` if it is not what was written. */
  async read(name: string, place: Place): Promise<string | undefined> {
    const sealed = this.#readIfAny(name);
    return sealed && (await this.#vault.unlocked()).open(place, sealed).reveal();
  }

  /** Seals a file again with the newest key; a damaged one stays as it is, and reading it will tell. */
  async reseal(name: string, place: Place): Promise<void> {
    const sealer = await this.#vault.unlocked();
    const sealed = this.#readIfAny(name);
    if (sealed) writePrivateFile(this.#file(name), resealed(sealer, place, sealed));
  }

  /** The names of the files, those that were made first at the front where names begin with a time. */
  names(): string[] {
    try {
      return fs.readdirSync(this.#folder).sort();
    } catch (thrown) {
      if (isErrno(thrown, 'ENOENT')) return [];
      throw pathError(this.#folder, thrown);
    }
  }

  /** Bytes of a file; 0 if it is gone. */
  size(name: string): number {
    return withPathErrors(
      this.#file(name),
      () => fs.statSync(this.#file(name), { throwIfNoEntry: false })?.size ?? 0,
    );
  }

  /** A file that cannot be removed does no harm: what is over is never read. The next start tries again. */
  remove(name: string): void {
    removeIfPossible(this.#file(name));
  }

  /** One that cannot be renamed is read again the next time. */
  rename(name: string, to: string): void {
    try {
      fs.renameSync(this.#file(name), this.#file(to));
    } catch {
      // As above.
    }
  }

  #file(name: string): string {
    return path.join(this.#folder, name);
  }

  #readIfAny(name: string): Buffer | undefined {
    try {
      return fs.readFileSync(this.#file(name));
    } catch (thrown) {
      if (isErrno(thrown, 'ENOENT')) return undefined;
      // There may be an answer in it, and then the stored refresh token is spent.
      throw pathError(this.#file(name), thrown);
    }
  }
}

function resealed(sealer: Sealer, place: Place, sealed: Buffer): Buffer {
  try {
    return sealer.sealAside(place, sealer.open(place, sealed));
  } catch (thrown) {
    if (asSigilforgeError(thrown).kind === 'integrity') return sealed;
    throw thrown;
  }
}
