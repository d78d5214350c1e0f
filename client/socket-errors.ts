import { errnoOf, isErrno } from '../shared/errno.js';
import { SigilforgeError } from '../shared/errors.js';
import { pathError } from '../shared/path-error.js';
import { pinnedAddress } from './address.js';

/** Answers to a Unix socket in sandboxes: seccomp filters choose the first, systemd and missing families the others. */
const NO_UNIX_SOCKETS = new Set(['EPERM', 'EAFNOSUPPORT', 'EPROTONOSUPPORT']);

/** Whether a Unix socket cannot be had in this process, whatever its path. */
export function isForbidden(thrown: unknown): boolean {
  const cause = thrown instanceof SigilforgeError ? thrown.cause : thrown;
  return isErrno(cause, ...NO_UNIX_SOCKETS);
}

/** What is wrong with the path, whether or not a daemon runs. */
const NO_PATH = new Set(['ELOOP', 'ENAMETOOLONG', 'ENOTDIR']);

const TOO_MANY_FILES = new Set(['EMFILE', 'ENFILE']);

/**
 * Why a socket cannot be used: `daemon_unavailable`, because no other way may be taken for one that is there, or
 * `store_unavailable` for a path that cannot be.
 */
export function unusableSocket(socket: string, cause: unknown): SigilforgeError {
  const code = errnoOf(cause) ?? 'unknown error';
  if (NO_PATH.has(code)) return pathError(socket, cause);
  if (NO_UNIX_SOCKETS.has(code)) {
    const sentence = `This program runs in a sandbox that forbids Unix sockets (${code}), so it cannot reach the daemon on ${socket}.`;
    return new SigilforgeError('daemon_unavailable', sentence, {
      hint: `Allow AF_UNIX and this path in the settings of the sandbox${insteadOfDaemon()}. Or start the sandbox with: sigilforge exec --grant REF -- COMMAND`,
      cause,
    });
  }
  if (code === 'EACCES') {
    const sentence = `This program may not use the socket ${socket} (${code}): its permissions, a sandbox, AppArmor or SELinux forbid it.`;
    return new SigilforgeError('daemon_unavailable', sentence, {
      hint: `Allow this path there${insteadOfDaemon()}.`,
      cause,
    });
  }
  if (TOO_MANY_FILES.has(code)) {
    const sentence = `Too many files are open (${code}), so the daemon's socket ${socket} cannot be opened.`;
    return new SigilforgeError('daemon_unavailable', sentence, {
      hint: 'Close files in this program, or allow more of them with: ulimit -n',
      cause,
    });
  }
  return new SigilforgeError('daemon_unavailable', `The daemon's socket ${socket} fails with ${code}.`, {
    hint: 'Check the daemon with: sigilforge daemon status',
    cause,
  });
}

/** Where the environment names the way in, `--direct` is refused. */
function insteadOfDaemon(): string {
  return pinnedAddress() ? '' : ', or add --direct if the vault may be read in it';
}
