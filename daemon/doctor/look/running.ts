import { findHolder } from '../../../shared/holder.js';
import type { Presence } from '../../../shared/presence.js';
import type { Patient } from '../patient.js';

/** What the daemon that holds the lock of this data folder has written about itself; `undefined` if none can be told. */
export function holderOf({ paths }: Patient): Presence | undefined {
  try {
    return findHolder(paths);
  } catch {
    return undefined;
  }
}

/** The daemon's process: of the one that answered, else of the one that runs without an answer. */
export function daemonPid(patient: Patient): number | undefined {
  const { daemon } = patient;
  return daemon !== null && 'pid' in daemon ? daemon.pid : holderOf(patient)?.pid;
}
