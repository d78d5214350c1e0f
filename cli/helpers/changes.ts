import fs, { type Stats } from 'node:fs';
import path from 'node:path';
import { errnoOf } from '../../shared/errno.js';
import { SigilforgeError } from '../../shared/errors.js';
import { makeMissingFolders } from '../../shared/private-folder.js';
import { removeIfPossible } from '../../shared/whole-file.js';
import { badArgument } from '../arguments/context.js';
import { type Destination, destinationOf } from '../files/destination.js';
import { writeTo } from '../files/write.js';
import { changedLines } from './diff.js';
import type { Edit } from './helper.js';

/** The file as it was before `helper install`, beside it. */
const COPY_ENDING = '.before-sigilforge';

/** No configuration that a person writes comes near it. */
const MOST_BYTES = 4 * 1024 * 1024;

/** An edit of a file as it is now. */
export interface Change {
  readonly file: string;
  readonly before: string | undefined;
  /** `undefined`: the file is removed. */
  readonly after: string | undefined;
  readonly mode: number;
  /** Whether the file as it is was never touched by us. */
  readonly isFirst: boolean;
  /** The lines that are taken away and added. */
  readonly lines: readonly string[];
}

type RegularFile = Extract<Destination, { kind: 'file' }>;

/** What the edits change; those that change nothing are left out. */
export function plannedChanges(edits: readonly Edit[]): Change[] {
  return edits.map(planned).filter(({ before, after }) => before !== after);
}

function planned({ file, change, holdsOurs, mode = 0o600, shown }: Edit): Change {
  const before = readText(file);
  const text = change(before ?? '');
  const isFirst = !holdsOurs(before ?? '');
  const isNone = text === '' && (before === undefined || !fs.existsSync(copyOf(file)));
  const after = isNone && before !== '' ? undefined : text;
  return { file, before, after, mode, isFirst, lines: shown ?? changedLines(before ?? '', text) };
}

/** The text of a file, `undefined` if there is none. Throws for what cannot be changed without harm. */
export function readText(file: string): string | undefined {
  const place = regularFile(file);
  if (place?.replaces === undefined) return undefined;
  const bytes = readBytes(file, place.replaces);
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw badArgument(`${file} is not text in UTF-8, and was left as it is.`, 'Change it by hand.');
  }
}

function readBytes(file: string, { size }: Stats): Buffer {
  if (size > MOST_BYTES) {
    throw badArgument(`${file} is too large for a configuration.`, 'Name the right file with --file.');
  }
  try {
    return fs.readFileSync(file);
  } catch (thrown) {
    throw badArgument(
      `${file} cannot be read (${errnoOf(thrown) ?? 'unknown'}).`,
      'Check whether you may read it.',
    );
  }
}

/** Where a file is, links followed; `undefined` if its folder is not there yet. */
function regularFile(file: string): RegularFile | undefined {
  if (!fs.existsSync(path.dirname(file))) return undefined;
  const place = destinationOf(file);
  if (place.kind !== 'file') throw badArgument(`${file} is not a file.`, 'Name another one with --file.');
  assertOwn(file, place.replaces);
  return place;
}

function assertOwn(file: string, stats: Stats | undefined): void {
  const uid = process.getuid?.();
  if (uid === undefined || stats === undefined || stats.uid === uid) return;
  throw new SigilforgeError('unsafe_path', `${file} belongs to another user (uid ${stats.uid}).`, {
    hint: 'Run it as that user, or name a file of your own with --file.',
  });
}

/** Writes the changes, each file whole or not at all. Gives the copies that it made. */
export async function writeChanges(changes: readonly Change[]): Promise<readonly string[]> {
  const copies: string[] = [];
  for (const change of changes) {
    assertUnchanged(change);
    const copy = await keepCopy(change);
    if (copy !== undefined) copies.push(copy);
    await write(change);
  }
  return copies;
}

/** Removes the copies that say what the files say again. Gives those that differ, and stay. */
export function dropCopies(changes: readonly Change[]): readonly string[] {
  const left: string[] = [];
  for (const { file } of changes) {
    const copy = copyOf(file);
    if (!fs.existsSync(copy)) continue;
    if (readText(copy) === readText(file)) removeIfPossible(copy);
    else left.push(copy);
  }
  return left;
}

function assertUnchanged({ file, before }: Change): void {
  if (readText(file) === before) return;
  throw new SigilforgeError('already_exists', `${file} was changed meanwhile, and was left as it is.`, {
    hint: 'Run the command again.',
  });
}

/** Private, whatever the file is: it stays for long. What was there before ours came is what counts. */
async function keepCopy({ file, before, isFirst }: Change): Promise<string | undefined> {
  if (before === undefined || !isFirst) return undefined;
  const copy = copyOf(file);
  await writeTo(destinationOf(copy), copy, Buffer.from(before));
  return copy;
}

async function write({ file, after, mode }: Change): Promise<void> {
  makeMissingFolders(path.dirname(file));
  const place = regularFile(file);
  if (place === undefined) return;
  if (after === undefined) fs.rmSync(place.path, { force: true });
  else await writeTo(place, file, Buffer.from(after), { mode: (place.replaces?.mode ?? mode) & 0o7777 });
}

/** At the end of a link the copy is beside the file, too. */
function copyOf(file: string): string {
  const place = regularFile(file);
  return `${place?.path ?? file}${COPY_ENDING}`;
}
