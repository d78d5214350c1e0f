import { randomBytes } from 'node:crypto';
import { chmod, lstat, mkdir, open, rename, rm, rmdir, unlink } from 'node:fs/promises';
import path from 'node:path';
import { isErrno } from '../../../shared/errno.js';
import { SigilforgeError } from '../../../shared/errors.js';
import { assertUnchangeable } from '../../../shared/ownership.js';
import { pathError } from '../../../shared/path-error.js';
import type { StoredFile } from '../store/capabilities.js';
import { assertOwn } from './walk.js';

/** The folder of a capability, while it is changed. Nothing is followed out of it, whatever others do meanwhile. */
export class ChangedFolder {
  readonly #root: string;
  readonly #unsynced = new Set<string>();

  constructor(root: string) {
    this.#root = root;
  }

  async remove(name: string): Promise<void> {
    if (!(await this.#hasFoldersAbove(name))) return;
    const file = this.#place(name);
    await unlink(file).catch(unlessGone(file));
    this.#unsynced.add(path.dirname(file));
  }

  /** Those in which something was, and is no more. */
  async removeEmptied(removed: readonly string[], needed: ReadonlySet<string>): Promise<void> {
    const emptied = [...new Set(removed.flatMap(above))].filter((folder) => !needed.has(folder));
    // The innermost first.
    for (const name of emptied.sort().reverse()) {
      if (!(await this.#hasFoldersAbove(name))) continue;
      const folder = this.#place(name);
      await rmdir(folder).catch((thrown: unknown) => {
        if (!isErrno(thrown, 'ENOTEMPTY', 'EEXIST', 'ENOENT', 'ENOTDIR')) throw pathError(folder, thrown);
      });
      this.#unsynced.add(path.dirname(folder));
    }
  }

  /** Whole or not at all. */
  async write({ path: name, executable }: StoredFile, content: Buffer): Promise<void> {
    for (const folder of above(name)) if (!(await this.#isThere(folder))) await this.#make(folder);
    const file = this.#place(name);
    const draft = path.join(path.dirname(file), `.sigilforge-${randomBytes(6).toString('hex')}`);
    try {
      await writeDraft(draft, content, executable ? 0o755 : 0o644);
      await rename(draft, file);
    } catch (thrown) {
      await rm(draft, { force: true }).catch(() => {});
      throw pathError(file, thrown);
    }
    this.#unsynced.add(path.dirname(file));
  }

  /** Returns once all of it is on the disk. */
  async sync(): Promise<void> {
    for (const folder of this.#unsynced) await syncFolder(folder).catch(unlessGone(folder));
  }

  #place(name: string): string {
    return path.join(this.#root, name);
  }

  async #hasFoldersAbove(name: string): Promise<boolean> {
    for (const folder of above(name)) if (!(await this.#isThere(folder))) return false;
    return true;
  }

  /** Throws `unsafe_path` for a link, also one that came just now. */
  async #isThere(name: string): Promise<boolean> {
    const folder = this.#place(name);
    const stats = await lstat(folder).catch(unlessGone(folder));
    if (stats && !stats.isDirectory()) throw noFolder(folder);
    return stats !== undefined;
  }

  async #make(name: string): Promise<void> {
    const folder = this.#place(name);
    await makeFolder(folder).catch(refused(folder));
    this.#unsynced.add(path.dirname(folder));
  }
}

/** The folders above a file or folder, the outermost first. */
export function above(name: string): string[] {
  const names = name.split('/').slice(0, -1);
  return names.map((_, index) => names.slice(0, index + 1).join('/'));
}

async function writeDraft(draft: string, content: Buffer, mode: number): Promise<void> {
  const handle = await open(draft, 'wx', 0o600);
  try {
    await handle.writeFile(content);
    // Whatever the umask.
    await handle.chmod(mode);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } catch (thrown) {
    // Some file systems cannot sync a folder (fsync(2)). What was written is there nevertheless.
    if (!isErrno(thrown, 'EINVAL')) throw thrown;
  } finally {
    await handle.close();
  }
}

/** Makes the folder itself, where others cannot put another one in its place. */
export async function makeIfGone(folder: string): Promise<void> {
  if (await lstat(folder).catch(unlessGone(folder))) return;
  const parent = path.dirname(folder);
  if ((await lstat(parent).catch(unlessGone(parent))) === undefined) throw noParent(parent);
  assertOwn(() => assertUnchangeable(parent));
  await makeFolder(folder).catch(refused(folder));
  await syncFolder(parent).catch(refused(parent));
}

async function makeFolder(folder: string): Promise<void> {
  await mkdir(folder);
  // Whatever the umask.
  await chmod(folder, 0o755);
}

/** For what the system refuses while a folder is changed. */
export function refused(file: string): (thrown: unknown) => never {
  return (thrown) => {
    throw pathError(file, thrown);
  };
}

function unlessGone(file: string): (thrown: unknown) => undefined {
  return (thrown) => {
    if (!isErrno(thrown, 'ENOENT', 'ENOTDIR')) throw pathError(file, thrown);
  };
}

function noFolder(folder: string): SigilforgeError {
  return new SigilforgeError('unsafe_path', `${folder} became something else than a folder.`, {
    hint: 'Put the folder back, then try again.',
  });
}

function noParent(folder: string): SigilforgeError {
  return new SigilforgeError('not_found', `${folder} is not there.`, { hint: 'Make it, then try again.' });
}
