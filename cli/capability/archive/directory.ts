import type { Entry, ZipFile } from 'yauzl';
import { IGNORED, MOST_BYTES, MOST_FILES, tooMuch } from '../../../shared/capability-files.js';
import { SigilforgeError } from '../../../shared/errors.js';
import { MANIFEST_FILE } from '../../../shared/manifest.js';
import { type EntryKind, kindOf } from './entry-kind.js';
import { pathOf } from './entry-path.js';
import { Tree } from './tree.js';

/** What becomes of an entry. */
export interface Planned {
  readonly path: string;
  readonly kind: EntryKind;
  readonly entry: Entry;
}

/** Files and folders, and what is passed over. */
const MOST_ENTRIES = 2 * MOST_FILES;

/** What macOS packs besides the files. */
const PASSED_OVER: ReadonlySet<string> = new Set([...IGNORED, '__MACOSX']);

/** What an archive says it has, judged before any of it is unpacked. Paths are those in the folder to make. */
export async function readDirectory(zip: ZipFile): Promise<Planned[]> {
  if (zip.entryCount > MOST_ENTRIES) throw tooMuch();
  const planned: Planned[] = [];
  const tree = new Tree();
  let bytes = 0;
  for await (const entry of zip.eachEntry()) {
    const path = pathOf(entry);
    if (path === '' || path.split('/').some((name) => PASSED_OVER.has(name))) continue;
    const kind = kindOf(entry);
    tree.add(path, kind === 'folder' ? 'folder' : 'file');
    if (kind !== 'folder') bytes += entry.uncompressedSize;
    if (bytes > MOST_BYTES) throw tooMuch();
    planned.push({ path, kind, entry });
  }
  return withoutTop(planned, topOf(planned));
}

/** The one folder that everything is in, as in the archives of GitHub; `''` if the manifest is at the top. */
function topOf(planned: readonly Planned[]): string {
  const isFile = (path: string) => planned.some((one) => one.path === path && one.kind !== 'folder');
  if (isFile(MANIFEST_FILE)) return '';
  const top = planned[0]?.path.split('/', 1)[0] ?? '';
  const isIn = ({ path }: Planned) => path === top || path.startsWith(`${top}/`);
  if (isFile(`${top}/${MANIFEST_FILE}`) && planned.every(isIn)) return `${top}/`;
  throw noManifest();
}

function withoutTop(planned: readonly Planned[], top: string): Planned[] {
  return planned
    .filter(({ path }) => path.length > top.length)
    .map((one) => ({ ...one, path: one.path.slice(top.length) }));
}

function noManifest(): SigilforgeError {
  return new SigilforgeError(
    'not_found',
    `The archive has no ${MANIFEST_FILE}, neither at its top nor in its only folder.`,
    { hint: 'Pack the folder of a capability. Begin with: sigilforge capability create NAME' },
  );
}
