import { lstat, opendir, readlink, realpath } from 'node:fs/promises';
import path from 'node:path';
import { IGNORED, MOST_FILES, tooMuch } from '../../../shared/capability-files.js';
import { isErrno } from '../../../shared/errno.js';
import { asSigilforgeError, SigilforgeError } from '../../../shared/errors.js';
import { assertOthersCannotChange, assertUnchangeable } from '../../../shared/ownership.js';
import { failed, leadsOut, notAFile } from './files.js';

/**
 * A person's folder; our copy of it, in which nothing but what was copied may be; or a person's folder of which files are
 * replaced, with links that lead anywhere.
 */
export type FolderKind = 'source' | 'copy' | 'replaced';

/** A file by its path in the folder, and where its bytes are. */
export interface FoundFile {
  readonly name: string;
  readonly file: string;
  /** Of a link that leads to no file of the folder: what is written in it. It is not followed. */
  readonly leadsTo?: string;
}

/** Every file below a folder. Throws `unsafe_path` for anything except a file, for links that lead out, and for what other users can change. */
export async function* filesBelow(root: string, kind: FolderKind): AsyncGenerator<FoundFile> {
  assertOwn(() => assertUnchangeable(root));
  const real = await realpath(root).catch(failed(root));
  const left = [''];
  let folders = 0;
  for (let folder = left.pop(); folder !== undefined; folder = left.pop()) {
    const here = path.join(root, folder);
    for await (const entry of await opendir(here).catch(failed(here))) {
      if (kind !== 'copy' && IGNORED.has(entry.name)) continue;
      const name = folder === '' ? entry.name : `${folder}/${entry.name}`;
      const file = path.join(root, name);
      if (name.includes('\uFFFD')) throw unreadable(file);
      if (entry.isFile()) yield { name, file };
      else if (entry.isSymbolicLink() && kind === 'source')
        yield { name, file: await linkWithin(real, file) };
      else if (entry.isSymbolicLink() && kind === 'replaced') yield { name, ...(await anyLink(real, file)) };
      else if (!entry.isDirectory()) throw notAFile(file);
      else if (++folders > MOST_FILES) throw tooMuch();
      else left.push(await ownFolder(file, name));
    }
  }
}

/** Throws what `check` throws, with a hint for a folder of a capability. */
export function assertOwn(check: () => void): void {
  try {
    check();
  } catch (thrown) {
    if (!(thrown instanceof SigilforgeError)) throw thrown;
    throw new SigilforgeError(thrown.kind, thrown.message, {
      hint: 'Others could change what runs. Close the folder of the capability with chmod -R go-w, or move it to one of your own.',
      cause: thrown,
    });
  }
}

async function ownFolder(folder: string, name: string): Promise<string> {
  const stats = await lstat(folder).catch(failed(folder));
  assertOwn(() => assertOthersCannotChange(folder, stats));
  return name;
}

/** A link counts as the file that it leads to. */
async function linkWithin(real: string, link: string): Promise<string> {
  const target = await realpath(link).catch((thrown: unknown) => {
    throw isErrno(thrown, 'ENOENT', 'ENOTDIR', 'ELOOP') ? leadsNowhere(link) : thrown;
  });
  if (!target.startsWith(`${real}${path.sep}`)) throw leadsOut(link);
  if (!(await lstat(target).catch(failed(target))).isFile()) throw notAFile(link);
  assertOwn(() => assertUnchangeable(target));
  return target;
}

async function anyLink(real: string, link: string): Promise<Omit<FoundFile, 'name'>> {
  try {
    return { file: await linkWithin(real, link) };
  } catch (thrown) {
    if (asSigilforgeError(thrown).kind !== 'unsafe_path') throw thrown;
    return { file: link, leadsTo: await readlink(link).catch(failed(link)) };
  }
}

function leadsNowhere(link: string): SigilforgeError {
  return new SigilforgeError('unsafe_path', `${link} is a link that leads nowhere.`, {
    hint: 'Put the file itself there, or remove the link.',
  });
}

function unreadable(file: string): SigilforgeError {
  return new SigilforgeError('unsafe_path', `${file} has a name that is not UTF-8.`, {
    hint: 'Give it another name.',
  });
}
