import { createHash, randomBytes } from 'node:crypto';
import { chmodSync, lstatSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { type FileHandle, open, realpath } from 'node:fs/promises';
import path from 'node:path';
import { isErrno } from '../../../shared/errno.js';
import { asSigilforgeError, SigilforgeError } from '../../../shared/errors.js';
import { withPathErrors } from '../../../shared/path-error.js';
import { makePrivateFolder } from '../../../shared/private-folder.js';
import type { Clock } from '../platform/clock.js';
import { Turns } from '../platform/turns.js';
import type { StoredFile } from '../store/capabilities.js';
import { failed, openRegular, readPieces } from './files.js';
import { digestOf, readFolder } from './folder.js';
import { FolderHashes } from './folder-hashes.js';

/** What a copy is made of. */
interface Original {
  readonly capabilityId: string;
  readonly name: string;
  readonly source: string;
  readonly digest: string;
  readonly files: readonly StoredFile[];
}

/** What is kept in memory of one capability, while it is registered. */
interface Kept {
  /** Runs that begin at the same time make one copy. */
  readonly turns: Turns;
  readonly hashes: FolderHashes;
}

/** What a copy that was altered makes of looking at it. */
const ALTERED: ReadonlySet<string> = new Set(['unsafe_path', 'not_found', 'limit_exceeded']);

/** Read-only copies of what was trusted, each in a folder that has its digest for a name: what runs. */
export class Copies {
  readonly #folder: string;
  readonly #clock: Pick<Clock, 'wall'>;
  readonly #kept = new Map<string, Kept>();

  constructor(folder: string, clock: Pick<Clock, 'wall'>) {
    this.#folder = folder;
    this.#clock = clock;
  }

  /** The copy, made if it is not there or was altered. Throws `integrity` if a file was changed since it was looked at. */
  of(original: Original): Promise<string> {
    const { turns, hashes } = this.#keptOf(original.capabilityId);
    return turns.take(async () => {
      const folder = path.join(this.#folder, original.capabilityId, original.digest);
      if (kindOf(folder) === 'folder' && (await isWhole(folder, hashes, original.digest))) return folder;
      removeTree(folder);
      await make(folder, original);
      return folder;
    });
  }

  /** Removes the copies of a capability that is gone. */
  remove(capabilityId: string): void {
    this.#kept.delete(capabilityId);
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

  #keptOf(capabilityId: string): Kept {
    const kept = this.#kept.get(capabilityId) ?? {
      turns: new Turns(),
      hashes: new FolderHashes(this.#clock),
    };
    this.#kept.set(capabilityId, kept);
    return kept;
  }
}

async function isWhole(folder: string, hashes: FolderHashes, digest: string): Promise<boolean> {
  try {
    return digestOf(await readFolder(folder, hashes, 'copy')) === digest;
  } catch (thrown) {
    if (ALTERED.has(asSigilforgeError(thrown).kind)) return false;
    throw thrown;
  }
}

async function make(folder: string, original: Original): Promise<void> {
  makePrivateFolder(path.dirname(folder));
  const draft = `${folder}.${randomBytes(4).toString('hex')}`;
  withPathErrors(draft, () => mkdirSync(draft, { mode: 0o700 }));
  try {
    for (const file of original.files) await copyFile(original, draft, file);
    closeFolders(draft);
    withPathErrors(folder, () => renameSync(draft, folder));
  } catch (thrown) {
    removeTree(draft);
    throw thrown;
  }
}

async function copyFile(
  { source, name: capability }: Original,
  draft: string,
  { path: name, sha256, executable }: StoredFile,
): Promise<void> {
  const file = path.join(source, name);
  const target = path.join(draft, name);
  withPathErrors(target, () => mkdirSync(path.dirname(target), { recursive: true, mode: 0o700 }));
  const from = await openOriginal(file, capability);
  try {
    const written = await writeCopy(from, target, executable ? 0o500 : 0o400);
    if (written !== sha256) throw changed(file, capability);
  } finally {
    await from.close();
  }
}

/** It was a file when it was looked at. */
async function openOriginal(file: string, capability: string): Promise<FileHandle> {
  try {
    return await openRegular(await realpath(file).catch(failed(file)));
  } catch (thrown) {
    throw ALTERED.has(asSigilforgeError(thrown).kind) ? changed(file, capability) : thrown;
  }
}

/** The SHA-256 of what was written, which is what was read. */
async function writeCopy(from: FileHandle, target: string, mode: number): Promise<string> {
  const hash = createHash('sha256');
  const to = await open(target, 'wx', mode).catch(failed(target));
  try {
    await readPieces(from, async (piece) => {
      hash.update(piece);
      await to.writeFile(piece);
    }).catch(failed(target));
  } finally {
    await to.close();
  }
  return hash.digest('hex');
}

function closeFolders(folder: string): void {
  for (const entry of readdirSync(folder, { withFileTypes: true }))
    if (entry.isDirectory()) closeFolders(path.join(folder, entry.name));
  chmodSync(folder, 0o500);
}

/** Also folders that cannot be written. */
function removeTree(folder: string): void {
  withPathErrors(folder, () => {
    if (kindOf(folder) === 'folder') openFolders(folder);
    rmSync(folder, { recursive: true, force: true });
  });
}

/** A link is not followed: where it leads is not ours to change. */
function kindOf(place: string): 'folder' | 'other' | undefined {
  const stats = lstatSync(place, { throwIfNoEntry: false });
  if (stats === undefined) return undefined;
  return stats.isDirectory() ? 'folder' : 'other';
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

function changed(file: string, capability: string): SigilforgeError {
  return new SigilforgeError('integrity', `${file} was changed while the run was prepared.`, {
    hint: `See what changed, and trust it, with: sigilforge capability trust ${capability}`,
  });
}
