import type { Environment } from '../../shared/paths.js';
import type { StartedBy } from '../../shared/schemas.js';

/** What a service manager has told this process by its environment. */
export interface Supervision {
  readonly startedBy: StartedBy;
  /** How many sockets it handed over, from descriptor 3 on (sd_listen_fds(3)). */
  readonly sockets: number;
  /** Where it hears how this process is (sd_notify(3)): a path, or an abstract name that begins with `@`. */
  readonly notifySocket: string | undefined;
  /** How long this process may be silent before it is ended (sd_watchdog_enabled(3)), in milliseconds. */
  readonly watchdogMs: number | undefined;
}

/** A process by itself, such as one that `sigilforge daemon start` leaves behind. */
export const unsupervised: Supervision = {
  startedBy: 'command',
  sockets: 0,
  notifySocket: undefined,
  watchdogMs: undefined,
};

type Self = Pick<NodeJS.Process, 'pid' | 'ppid' | 'platform'>;

/** Reads it before the environment is cut down to what the daemon and its programs need. */
export function readSupervision(env: Environment = process.env, self: Self = process): Supervision {
  const isOurs = (name: string): boolean => env[name] === String(self.pid);
  return {
    startedBy: startedBy(env, self),
    sockets: isOurs('LISTEN_PID') ? (wholeNumber(env['LISTEN_FDS']) ?? 0) : 0,
    notifySocket: /^[/@]./.test(env['NOTIFY_SOCKET'] ?? '') ? env['NOTIFY_SOCKET'] : undefined,
    watchdogMs: isOurs('WATCHDOG_PID') || !env['WATCHDOG_PID'] ? watchdogOf(env) : undefined,
  };
}

/** A terminal may be a service too, and its variables are those of every program in it. */
function startedBy(env: Environment, { pid, ppid, platform }: Self): StartedBy {
  const named = env['SYSTEMD_EXEC_PID'] ?? env['LISTEN_PID'];
  if (named === String(pid)) return 'systemd';
  // Before version 248, systemd did not say which process it had started.
  if (named === undefined && env['INVOCATION_ID'] && env['NOTIFY_SOCKET']) return 'systemd';
  return platform === 'darwin' && ppid === 1 && env['XPC_SERVICE_NAME'] ? 'launchd' : 'command';
}

function watchdogOf(env: Environment): number | undefined {
  const microseconds = wholeNumber(env['WATCHDOG_USEC']);
  return microseconds ? microseconds / 1_000 : undefined;
}

function wholeNumber(text = ''): number | undefined {
  return /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}
