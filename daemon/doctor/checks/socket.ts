import { lstatSync, type Stats, unlinkSync } from 'node:fs';
import path from 'node:path';
import { INSTANCE_LEASE } from '../../../shared/holder.js';
import { assertPrivate, assertPrivateFolder, assertSafeAncestors } from '../../../shared/ownership.js';
import { assertSocketPathFits } from '../../../shared/paths.js';
import { Leases } from '../../core/store/lease.js';
import { connectionError } from '../../server/listen.js';
import { broken, type Check, type Finding, ok, unless, warning } from '../check.js';
import { closePlace } from '../look/close-place.js';
import { holderOf } from '../look/running.js';
import type { Patient } from '../patient.js';

/** How long the lock of the daemon is waited for, in milliseconds: while one starts, it looks after the socket itself. */
const LOCK_LIMIT_MS = 500;

export const socket: Check = {
  name: 'socket',
  async run(patient) {
    const place = patient.socket;
    if (place === null) return withoutPath(patient);
    const unsafe = [...unless(() => assertSocketPathFits(place)), ...unsafeFolder(place)];
    if (unsafe.length > 0) return unsafe;
    const stats = lstatSync(place, { throwIfNoEntry: false });
    if (stats === undefined) return [ok(`${place} is free for a daemon to listen on.`)];
    const wrong = mistaken(place, stats);
    if (wrong.length > 0) return wrong;
    const found = [...(await leftBehind(place)), ...foreign(patient, place)];
    return found.length > 0 ? found : [ok(`${place} belongs to you and is closed to others.`)];
  },
  async fix(patient) {
    const place = patient.socket;
    if (place === null || patient.confinedBy !== undefined) return [];
    return [...closed(patient, place), ...(await removedUnderLock(patient, place))];
  },
};

/** A socket of ours, and its folder if that is one that only we make: any other one, such as /run, is not ours to close. */
function closed({ paths: { data, state }, env }: Patient, place: string): string[] {
  const folder = path.dirname(place);
  const parents = [data, state, ...(env['SIGILFORGE_HOME'] ? [path.dirname(data)] : [])];
  const isOurs = parents.some((parent) => folder === path.join(parent, 'run'));
  return [...(isOurs ? closePlace(folder) : []), ...closePlace(place)];
}

/** Without the lock of the daemon, one that starts could have put its own there meanwhile. */
async function removedUnderLock({ paths }: Patient, place: string): Promise<string[]> {
  if (!lstatSync(place, { throwIfNoEntry: false })?.isSocket()) return [];
  const lease = await new Leases(paths.locks).take(INSTANCE_LEASE, LOCK_LIMIT_MS);
  try {
    return lease === undefined ? [] : await removed(place);
  } finally {
    lease?.release();
  }
}

function withoutPath({ confinedBy }: Patient): Finding[] {
  return confinedBy === 'SIGILFORGE_FD'
    ? [ok('The daemon is reached by the inherited descriptor that SIGILFORGE_FD names.')]
    : [];
}

function unsafeFolder(place: string): Finding[] {
  const folder = path.dirname(place);
  return unless(() => {
    assertSafeAncestors(place);
    const stats = lstatSync(folder, { throwIfNoEntry: false });
    if (stats !== undefined) assertPrivateFolder(folder, stats);
  });
}

function mistaken(place: string, stats: Stats): Finding[] {
  if (stats.isSocket() || stats.isSymbolicLink()) return unless(() => assertPrivate(place, stats));
  const cure = `Move it away: mv '${place}' '${place}.old'`;
  return [broken(`${place} is not a socket, so no daemon can listen there.`, cure)];
}

async function leftBehind(place: string): Promise<Finding[]> {
  if ((await connectionError(place)) !== 'ECONNREFUSED') return [];
  return [
    warning(
      `${place} is left from a daemon that was killed.`,
      'Remove it with: sigilforge doctor --fix. A daemon that starts replaces it: sigilforge daemon start',
    ),
  ];
}

/** A daemon that answers here has another data folder if it is not the one that holds the lock of this one. */
function foreign(patient: Patient, place: string): Finding[] {
  const { daemon, paths, confinedBy } = patient;
  if (confinedBy !== undefined || process.platform !== 'linux') return [];
  if (daemon === null || !('pid' in daemon) || daemon.pid === holderOf(patient)?.pid) return [];
  return [
    broken(
      `The daemon that answers on ${place} (process ${daemon.pid}) is not the one of ${paths.data}.`,
      'Give each data folder a socket of its own: correct daemon.socket in config.toml, then: sigilforge daemon start',
    ),
  ];
}

async function removed(place: string): Promise<string[]> {
  const stats = lstatSync(place, { throwIfNoEntry: false });
  if (!stats?.isSocket() || stats.uid !== process.getuid?.()) return [];
  if ((await connectionError(place)) !== 'ECONNREFUSED') return [];
  unlinkSync(place);
  return [`${place}, which a killed daemon had left, was removed.`];
}
