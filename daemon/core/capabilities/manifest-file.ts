import path from 'node:path';
import { TextDecoder } from 'node:util';
import { SigilforgeError } from '../../../shared/errors.js';
import { MANIFEST_FILE, type Manifest, readManifest } from '../../../shared/manifest.js';
import type { StoredFile } from '../store/capabilities.js';
import { contentOf } from './contents.js';
import { openFollowed } from './files.js';
import { isStrayLink } from './folder.js';

const MOST_BYTES = 256 * 1024;

/** A manifest that was checked, and its text. */
export interface ManifestText {
  readonly manifest: Manifest;
  readonly text: string;
}

/** Before a folder is read as a whole, which may be any: throws `not_found` if it has no manifest. */
export async function assertManifest(root: string): Promise<void> {
  const handle = await openFollowed(path.join(root, MANIFEST_FILE));
  await handle.close();
}

/** The text of the manifest of a folder. It is that of the file in `files`, or `integrity` is thrown. */
export async function textOfManifest(root: string, files: readonly StoredFile[]): Promise<string> {
  const recorded = files.find((file) => file.path === MANIFEST_FILE);
  const file = path.join(root, MANIFEST_FILE);
  if (recorded === undefined || isStrayLink(recorded)) throw absent(file);
  if (recorded.size > MOST_BYTES) throw tooLong(file);
  const bytes = await contentOf(root, recorded);
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw faulty(file, [{ path: '$', sentence: 'this is not UTF-8' }]);
  }
}

/** What the text of a manifest says. Throws `config` with every fault, also for a program that is not among the files. */
export function checkManifest(file: string, text: string, files: readonly StoredFile[]): ManifestText {
  const read = readManifest(text);
  if ('faults' in read) throw faulty(file, read.faults);
  const { manifest } = read;
  const program = programOf(manifest);
  const found = program && files.find(({ path: name }) => name === program.path);
  if (program && found === undefined)
    throw faulty(file, [{ ...at(program), sentence: `there is no file ${program.path}` }]);
  if (program?.runs && found && !found.executable)
    throw faulty(file, [{ ...at(program), sentence: `${program.path} is not executable (chmod u+x)` }]);
  return { manifest, text };
}

interface Program {
  readonly path: string;
  readonly place: string;
  /** Whether it is started itself, not by an interpreter. */
  readonly runs: boolean;
}

/** The file that a run begins with; `undefined` for a program that is looked up in PATH. */
function programOf({ run }: Manifest): Program | undefined {
  if (run.runner !== 'command') return { path: run.entry, place: '$.run.entry', runs: false };
  const [first = ''] = run.command;
  if (!first.includes('/')) return undefined;
  return { path: path.posix.normalize(first), place: '$.run.command[0]', runs: true };
}

function at({ place }: Program): { readonly path: string } {
  return { path: place };
}

function faulty(file: string, faults: readonly { path: string; sentence: string }[]): SigilforgeError {
  const count = faults.length === 1 ? 'a fault' : `${faults.length} faults`;
  const lines = faults.map(({ path: place, sentence }) => `\n  ${place}: ${sentence}`).join('');
  return new SigilforgeError('config', `${file} has ${count}:${lines}`, {
    hint: 'Correct them. A manifest that works: sigilforge capability create NAME --runner python',
  });
}

function absent(file: string): SigilforgeError {
  return new SigilforgeError('not_found', `${file} is not there.`, {
    hint: 'Begin with: sigilforge capability create NAME --runner python',
  });
}

function tooLong(file: string): SigilforgeError {
  return new SigilforgeError('limit_exceeded', `${file} has more than ${MOST_BYTES / 1024} KiB.`);
}
