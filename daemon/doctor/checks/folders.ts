import { accessSync, constants, existsSync, lstatSync, statfsSync, statSync } from 'node:fs';
import { errnoOf } from '../../../shared/errno.js';
import {
  assertPrivateFile,
  assertPrivateFolder,
  assertSafeAncestors,
  assertUnchangeable,
} from '../../../shared/ownership.js';
import { pathError } from '../../../shared/path-error.js';
import { refuseNetworkFileSystem } from '../../core/store/open.js';
import { broken, type Check, type Finding, ok, unless, warning } from '../check.js';
import { closePlace } from '../look/close-place.js';
import { privateFiles, privateFolders } from '../look/private-places.js';
import type { Patient } from '../patient.js';

/** Free space, in MiB, below which a person should know, and below which soon nothing can be stored. */
const LITTLE_MIB = 100;
const TOO_LITTLE_MIB = 5;

const MIB = 1024 * 1024;

export const folders: Check = {
  name: 'folders',
  run(patient) {
    const { data, state } = patient.paths;
    const loose = unsafePlaces(patient);
    const there = [data, state].filter((folder) => existsSync(folder));
    const unusable = there.flatMap((folder) => [...writable(folder), ...space(folder)]);
    const remote = existsSync(data) ? fileSystemFinding(data) : [];
    const found = distinct([...loose, ...unusable, ...remote]);
    if (found.length > 0) return found;
    if (there.length === 0) return [ok(`Nothing is stored yet. It will be in ${data} and ${state}.`)];
    return [ok(`Only you may open ${data} and ${state}, and what is in them.`)];
  },
  fix(patient) {
    return [
      ...[...privateFolders(patient), patient.paths.locks, patient.paths.rescue].flatMap((folder) =>
        closePlace(folder),
      ),
      ...privateFiles(patient).flatMap((file) => closePlace(file)),
    ];
  },
};

/** `type`: of its file system (statfs(2)). */
export function fileSystemFinding(folder: string, type?: number): Finding[] {
  return unless(() => refuseNetworkFileSystem(folder, type));
}

/** Each place is named, because each needs its own command, and `--fix` does them all. */
function unsafePlaces(patient: Patient): Finding[] {
  const { data, state } = patient.paths;
  return [
    ...[data, state].flatMap((folder) => unless(() => assertSafeAncestors(folder))),
    ...privateFolders(patient).flatMap((folder) => judged(folder, assertPrivateFolder)),
    // Either may be a link to a folder, as for a disk of its own.
    ...[patient.paths.locks, patient.paths.rescue].flatMap(judgedBehindLink),
    ...privateFiles(patient).flatMap((file) => judged(file, assertPrivateFile)),
  ];
}

function judged(place: string, assert: typeof assertPrivateFolder): Finding[] {
  return unless(() => {
    const stats = statsOf(place);
    if (stats !== undefined) assert(place, stats);
  });
}

function judgedBehindLink(place: string): Finding[] {
  return unless(() => {
    assertUnchangeable(place);
    const stats = statSync(place, { throwIfNoEntry: false });
    if (stats !== undefined) assertPrivateFolder(place, stats);
  });
}

function statsOf(place: string) {
  try {
    return lstatSync(place, { throwIfNoEntry: false });
  } catch (thrown) {
    // The folder above is closed to this user, which is a finding of its own.
    if (errnoOf(thrown) !== undefined) return undefined;
    throw thrown;
  }
}

function writable(folder: string): Finding[] {
  try {
    accessSync(folder, constants.W_OK | constants.X_OK);
    return [];
  } catch (thrown) {
    const { message, hint } = pathError(folder, thrown);
    return [broken(message, hint)];
  }
}

function space(folder: string): Finding[] {
  const { bavail, bsize } = statfsSync(folder);
  const free = Math.floor((bavail * bsize) / MIB);
  if (free >= LITTLE_MIB) return [];
  const sentence = `${free} MiB are free on the disk of ${folder}.`;
  const cure = `Free some space there: df -h '${folder}'`;
  return [free < TOO_LITTLE_MIB ? broken(`Only ${sentence}`, cure) : warning(`Only ${sentence}`, cure)];
}

/** One disk, or one folder above both, is one finding. */
function distinct(found: readonly Finding[]): Finding[] {
  return [...new Map(found.map((finding) => [finding.sentence, finding])).values()];
}
