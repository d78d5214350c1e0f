import { MOST_FILES, tooMuch } from '../../../shared/capability-files.js';
import { unsafeName, unusable } from './archive-errors.js';

type Kind = 'file' | 'folder';

/** The paths of an archive: each stands for one thing, on file systems that take `A` for `a` too. */
export class Tree {
  readonly #kinds = new Map<string, Kind>();
  /** The one spelling of each path. */
  readonly #spellings = new Map<string, string>();
  readonly #counts = { file: 0, folder: 0 };

  /** Also the folders on the way. */
  add(path: string, kind: Kind): void {
    this.#claim(path, kind);
    for (
      let folder = parentOf(path);
      folder !== '' && this.#kinds.get(folder) !== 'folder';
      folder = parentOf(folder)
    )
      this.#claim(folder, 'folder');
  }

  #claim(path: string, kind: Kind): void {
    const known = this.#kinds.get(path);
    if (known === 'folder' && kind === 'folder') return;
    if (known !== undefined)
      throw unsafeName(path, known === kind ? 'is there twice' : 'is both a file and a folder');
    const alike = folded(path);
    if (this.#spellings.has(alike))
      throw unusable(path, 'differs from another path by capital letters or accents only');
    if (++this.#counts[kind] > MOST_FILES) throw tooMuch();
    this.#kinds.set(path, kind);
    this.#spellings.set(alike, path);
  }
}

export function parentOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}

/** `ß` and `SS` are the same to some file systems: capitals first, then small letters, makes them so. */
function folded(path: string): string {
  return path.toUpperCase().toLowerCase().normalize('NFC');
}
