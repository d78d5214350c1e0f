import { readdirSync } from 'node:fs';
import path from 'node:path';
import type { Patient } from '../patient.js';

/** The folders that only their user may enter, less those that may be links. That of the socket is looked at with the socket. */
export function privateFolders({ paths }: Patient): string[] {
  const { data, state, capabilities, runs, transcripts, bots } = paths;
  return [data, state, capabilities, runs, transcripts, bots];
}

/** The files that only their user may read, of those that are there. */
export function privateFiles({ paths }: Patient): string[] {
  const { database, keyFile, presence, logFile, locks, rescue, transcripts } = paths;
  return [
    ...[database, `${database}-wal`, `${database}-shm`, keyFile, presence, logFile, `${logFile}.1`],
    ...[locks, rescue, transcripts].flatMap(filesIn),
  ];
}

function filesIn(folder: string): string[] {
  try {
    return readdirSync(folder).map((name) => path.join(folder, name));
  } catch {
    return [];
  }
}
