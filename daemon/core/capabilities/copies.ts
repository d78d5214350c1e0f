import { createHash, randomBytes } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { open, realpath } from 'node:fs/promises';
import path from 'node:path';
import { isErrno } from '../../../shared/errno.js';
import { SigilforgeError } from '../../../shared/errors.js';
import { withPathErrors } from '../../../shared/path-error.js';
import { makePrivateFolder } from '../../../shared/private-folder.js';
import type { StoredFile } from '../store/capabilities.js';
import { digestOf, type KnownHashes, openRegular, readFolder, readPieces } from './folder.js';

/** What a copy is made of. */
interface Original {
  readonly capabilityId: string;
  readonly source: string;
  readonly digest: string;
  readonly files: readonly StoredFile[];
}

/** Read-only copies of what was trusted, each in a folder that has its digest for a name: what runs. */
export class Copies {
  readonly #folder: string;
  readonly #known: KnownHashes = new Map();

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** The copy, made if it is not there or was altered. Throws `integrity` if a file was changed since it was looked at. */
  async of(original: Original): Promise<string> {
    const folder = path.join(this.#folder, original.capabilityId, original.digest);
    if (existsSync(folder)) {
      if (await this.#isWhole(folder, original.digest)) return folder;
      removeTree(folder);
    }
    await this.#make(folder, original);
    return folder;
  }

  /** Removes the copies of a capability that is gone. */
  remove(capabilityId: string): void {
    removeTree(path.join(this.#folder, capabilityId));
  }

  /** Removes every copy that is not wanted (`ID/DIGEST`), and what a crash has left. No run is under way. */
  sweep(wanted: ReadonlySet<string>): void {
    for (const id of namesIn(this.#folder)) {
      const folder = path.join(this.#folder, id);
      const unwanted = namesIn(folder).filter((digest) => !wanted.has(`${id}/${digest}`));
      for (const digest of unwanted) removeTree(path.join(folder, digest));
      if (namesIn(folder).length === 0) removeTree(folder);
    }
  }

  async #isWhole(folder: string, digest: string): Promise<boolean> {
    try {
      return digestOf(await readFolder(folder, this.#known)) === digest;
    } catch (thrown) {
      // What does not belong there, or a file that is gone.
      if (thrown instanceof SigilforgeError) return false;
      throw thrown;
    }
  }

  async #make(folder: string, original: Original): Promise<void> {
    makePrivateFolder(path.dirname(folder));
    const draft = `${folder}.${randomBytes(4).toString('hex')}`;
    mkdirSync(draft, { mode: 0o700 });
    try {
      for (const file of original.files) await copyFile(original.source, draft, file);
      closeFolders(draft);
      withPathErrors(folder, () => renameSync(draft, folder));
    } catch (thrown) {
      removeTree(draft);
      throw thrown;
    }
  }
}

async function copyFile(
  source: string,
  draft: string,
  { path: name, sha256, executable }: StoredFile,
): Promise<void> {
  const target = path.join(draft, name);
  mkdirSync(path.dirname(target), { recursive: true, mode: 0o700 });
  const hash = createHash('sha256');
  const from = await openRegular(await realpath(path.join(source, name)));
  try {
    const to = await open(target, 'wx', executable ? 0o500 : 0o400);
    try {
      await readPieces(from, async (piece) => {
        hash.update(piece);
        await to.writeFile(piece);
      });
    } finally {
      await to.close();
    }
  } finally {
    await from.close();
  }
  if (hash.digest('hex') !== sha256) throw changed(path.join(source, name));
}

function closeFolders(folder: string): void {
  for (const entry of readdirSync(folder, { withFileTypes: true }))
    if (entry.isDirectory()) closeFolders(path.join(folder, entry.name));
  chmodSync(folder, 0o500);
}

/** Also folders that cannot be written. */
function removeTree(folder: string): void {
  if (!existsSync(folder)) return;
  withPathErrors(folder, () => {
    openFolders(folder);
    rmSync(folder, { recursive: true, force: true });
  });
}

function openFolders(folder: string): void {
  chmodSync(folder, 0o700);
  for (const entry of readdirSync(folder, { withFileTypes: true }))
    if (entry.isDirectory()) openFolders(path.join(folder, entry.name));
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (thrown) {
    if (isErrno(thrown, 'ENOENT', 'ENOTDIR')) return [];
    throw thrown;
  }
}

function changed(file: string): SigilforgeError {
  return new SigilforgeError('integrity', `${file} was changed while the run was prepared.`, {
    hint: 'See what changed, and trust it, with: sigilforge capability trust NAME',
  });
}
