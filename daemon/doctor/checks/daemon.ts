import type { ResultOf } from '../../../shared/contract/index.js';
import { readPresence } from '../../../shared/presence.js';
import { sessionBus } from '../../../shared/session-bus.js';
import { PROTOCOL_VERSION, VERSION } from '../../../shared/version.js';
import { broken, type Check, type Finding, ok, warning } from '../check.js';
import { holderOf } from '../look/running.js';
import type { Patient } from '../patient.js';

type Status = ResultOf<'status'>;

const RESTART = 'sigilforge daemon restart';

export const daemon: Check = {
  name: 'daemon',
  run(patient) {
    const { daemon: answer } = patient;
    if (answer === null) return [withoutAnswer(patient)];
    if ('pid' in answer) return judged(patient, answer);
    const holder = holderOf(patient);
    if (answer.kind !== 'timeout' || holder === undefined) return [broken(answer.message, answer.hint)];
    const cure = `See its log with: sigilforge daemon logs. If it stays so, end it and start it again: kill -9 ${holder.pid}; sigilforge daemon start`;
    return [broken(`The daemon (process ${holder.pid}) runs, and did not answer in time.`, cure)];
  },
};

function withoutAnswer(patient: Patient): Finding {
  const { confinedBy, socket } = patient;
  if (confinedBy !== undefined) {
    return broken(
      `No daemon listens on ${socket}, which SIGILFORGE_SOCKET names.`,
      'Start the program again by the command that gave it this socket, or: unset SIGILFORGE_SOCKET',
    );
  }
  const holder = holderOf(patient);
  if (holder === undefined) {
    return warning(
      'No daemon runs, so nothing is refreshed ahead of time, and no bot is up.',
      'Start it with: sigilforge daemon start',
    );
  }
  return broken(
    `The daemon (process ${holder.pid}) runs, but its socket is gone: ${holder.socket}.`,
    `It listens again within seconds. If it does not: ${RESTART}`,
  );
}

function judged(patient: Patient, status: Status): Finding[] {
  const found = [...otherVersion(status), ...otherSession(patient, status), ...unchecked(status)];
  return found.length > 0 ? found : [running(status)];
}

/** Both sides of one machine should be of one installation. */
function otherVersion({ version, protocol }: Status): Finding[] {
  if (protocol !== PROTOCOL_VERSION) {
    const [older, cure] =
      protocol < PROTOCOL_VERSION
        ? ['the daemon is older', `Start the installed version in its place: ${RESTART}`]
        : ['this program is older', 'Upgrade this one: npm install --global sigilforge'];
    const both = `The daemon speaks protocol ${protocol}, and this program protocol ${PROTOCOL_VERSION}`;
    return [broken(`${both}: ${older}.`, cure)];
  }
  if (version === VERSION) return [];
  return [
    warning(
      `The daemon is version ${version}, and this program is ${VERSION}.`,
      `To run this version: ${RESTART}`,
    ),
  ];
}

/** A daemon keeps the session that it was started in, also after the next login. */
function otherSession({ paths, env }: Patient, { keychain, socket }: Status): Finding[] {
  const here = sessionBus(env);
  if (keychain.available !== false || here === null || socket === null) return [];
  const there = busOfDaemon(paths.presence, socket);
  if (there === undefined || there === here) return [];
  return [
    warning(
      "The daemon was started outside this session, and does not reach this session's keychain.",
      `Restart it here: ${RESTART}`,
    ),
  ];
}

function busOfDaemon(file: string, socket: string): string | null | undefined {
  try {
    const presence = readPresence(file);
    return presence?.socket === socket ? presence.bus : undefined;
  } catch {
    return undefined;
  }
}

function unchecked({ peers_checked: checked }: Status): Finding[] {
  if (checked !== false) return [];
  return [
    warning(
      "The daemon does not see which user connects: only the mode of its socket's folder keeps others out.",
      `It needs koffi, an optional package. Once that is installed: ${RESTART}`,
    ),
  ];
}

const STARTERS = {
  systemd: 'by systemd',
  launchd: 'by launchd',
  command: 'by a command',
} as const;

function running({ version, protocol, pid, started_at: since, started_by: by }: Status): Finding {
  const how = by === null ? '' : ` ${STARTERS[by]}`;
  return ok(`Version ${version}, protocol ${protocol}, process ${pid}, started${how} at ${since}.`);
}
