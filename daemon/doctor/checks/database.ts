import fs from 'node:fs';
import { asSigilforgeError, SigilforgeError } from '../../../shared/errors.js';
import { type Inspection, inspectDatabase } from '../../core/store/inspection.js';
import { SCHEMA_VERSION } from '../../core/store/migrate.js';
import { assertNoneDamaged, listSetAside, type SetAsideKind } from '../../core/store/set-aside.js';
import { RESTORE } from '../../core/store/sqlite.js';
import { broken, type Check, type Finding, ok, warning } from '../check.js';
import type { Patient } from '../patient.js';
import { counted, sizeInWords } from '../words.js';

/** SQLite empties its log at 4 MiB, unless a program reads what is older for all that time. */
const LONG_LOG_BYTES = 16 * 1024 * 1024;

export const database: Check = {
  name: 'database',
  async run(patient) {
    return [...(await opened(patient)), ...setAside(patient), ...rescued(patient)];
  },
};

async function opened(patient: Patient): Promise<Finding[]> {
  const { database: file } = patient.paths;
  if (fs.lstatSync(file, { throwIfNoEntry: false }) === undefined) return [absent(file)];
  const core = await patient.core();
  if (core instanceof SigilforgeError) return [broken(core.message, core.hint)];
  const inspection = inspected(file);
  return inspection instanceof SigilforgeError
    ? [warning(inspection.message, inspection.hint)]
    : [integrity(patient, inspection), ...log(inspection)];
}

/** In the place of one that was damaged, none is made. */
function absent(file: string): Finding {
  try {
    assertNoneDamaged(file);
    return ok(`There is no database yet: the first use makes ${file}.`);
  } catch (thrown) {
    const { message, hint } = asSigilforgeError(thrown);
    return broken(message, hint);
  }
}

function inspected(file: string): Inspection | SigilforgeError {
  try {
    return inspectDatabase(file);
  } catch (thrown) {
    return asSigilforgeError(thrown);
  }
}

function integrity({ paths, daemon }: Patient, { bytes, damage }: Inspection): Finding {
  const { database: file } = paths;
  if (damage === undefined)
    return ok(`${file} is in order: ${sizeInWords(bytes)}, schema version ${SCHEMA_VERSION}.`);
  const first = daemon === null ? '' : 'Stop the daemon first: sigilforge daemon stop. ';
  return broken(`${file} is damaged: ${damage}.`, `${first}${RESTORE}`);
}

function log({ logBytes }: Inspection): Finding[] {
  if (logBytes <= LONG_LOG_BYTES) return [];
  return [
    warning(
      `The write-ahead log has ${sizeInWords(logBytes)}: a program that reads the database keeps it from being emptied.`,
      'End programs that have had it open for long, then: sigilforge daemon restart',
    ),
  ];
}

const SET_ASIDE: Readonly<Record<SetAsideKind, (file: string) => Finding>> = {
  damaged: (file) =>
    warning(
      `A database that was damaged is kept: ${file}.`,
      `Remove it once nothing of it is needed any more: rm ${file}`,
    ),
  replaced: (file) =>
    warning(
      `The database that a restored one took the place of is kept, with its secrets: ${file}.`,
      `Remove it once nothing of it is needed any more: rm ${file}`,
    ),
  before: (file) => ok(`A copy from before an upgrade is kept for a day: ${file}.`),
};

/** What stands beside a database. */
function setAside({ paths }: Patient): Finding[] {
  const { database } = paths;
  if (!fs.existsSync(database)) return [];
  return listSetAside(database).map(({ kind, file }) => SET_ASIDE[kind](file));
}

/** Answers of providers that could not be stored when they came. */
function rescued({ paths, daemon }: Patient): Finding[] {
  const names = namesIn(paths.rescue);
  const waiting = names.filter((name) => /^[0-9a-f-]{36}\.\d+$/.test(name)).length;
  const refused = names.filter((name) => name.endsWith('.refused')).length;
  const found: Finding[] = [];
  if (waiting > 0) {
    const next = daemon === null ? 'start' : 'restart';
    const sentence = `${counted(waiting, 'refreshed grant')} could not be stored, and ${waiting === 1 ? 'waits' : 'wait'} in ${paths.rescue}.`;
    found.push(
      warning(sentence, `A start of the daemon stores what can be stored: sigilforge daemon ${next}`),
    );
  }
  if (refused > 0) {
    const sentence = `${counted(refused, 'refreshed grant')} in ${paths.rescue} cannot be read any more.`;
    found.push(warning(sentence, 'See whether an account needs a sign-in: sigilforge list-accounts'));
  }
  return found;
}

function namesIn(folder: string): string[] {
  try {
    return fs.readdirSync(folder).sort();
  } catch {
    // Another check tells what is wrong with the folder.
    return [];
  }
}
