import fs from 'node:fs';
import path from 'node:path';
import { asSigilforgeError, SigilforgeError } from '../../../shared/errors.js';
import { type Inspection, inspectDatabase } from '../../core/store/inspection.js';
import { SCHEMA_VERSION } from '../../core/store/migrate.js';
import { type Check, type Finding, fault, ok, warning } from '../check.js';
import { hasDatabase } from '../existing-core.js';
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
  if (!hasDatabase(patient)) return [ok(`There is no database yet: the first use makes ${file}.`)];
  const core = await patient.core();
  if (core instanceof SigilforgeError) return [fault(core.message, core.hint)];
  const inspection = inspected(file);
  return inspection instanceof SigilforgeError
    ? [warning(inspection.message, inspection.hint)]
    : [...integrity(file, inspection), ...log(inspection)];
}

function inspected(file: string): Inspection | SigilforgeError {
  try {
    return inspectDatabase(file);
  } catch (thrown) {
    return asSigilforgeError(thrown);
  }
}

function integrity(file: string, { bytes, faults }: Inspection): Finding[] {
  if (faults.length === 0)
    return [ok(`${file} is in order: ${sizeInWords(bytes)}, schema version ${SCHEMA_VERSION}.`)];
  return [
    fault(
      `${file} is damaged: ${faults[0]}.`,
      'Stop the daemon, keep a copy of the data folder, and restore a backup: sigilforge restore FILE',
    ),
  ];
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

/** What earlier starts have put beside the database. */
function setAside({ paths }: Patient): Finding[] {
  const name = path.basename(paths.database);
  const beside = namesIn(paths.data).filter((other) => !/-(wal|shm)$/.test(other));
  const damaged = beside.filter((other) => other.startsWith(`${name}.damaged-`));
  const copies = beside.filter((other) => other.startsWith(`${name}.before-`));
  return [
    ...damaged.map((other) =>
      warning(
        `A damaged database was set aside: ${path.join(paths.data, other)}.`,
        'Restore a backup with: sigilforge restore FILE. Remove that file once nothing of it is needed any more.',
      ),
    ),
    ...copies.map((other) =>
      ok(`A copy of the database from before an upgrade is kept: ${path.join(paths.data, other)}.`),
    ),
  ];
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
