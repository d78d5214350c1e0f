import { type BigIntStats, fstatSync } from 'node:fs';
import { errnoOf } from '../../shared/errno.js';
import { SigilforgeError } from '../../shared/errors.js';
import { pinnedDescriptor } from '../../shared/paths.js';

/** A number of a descriptor, and the device and the inode of what was behind it when it was handed on. */
const FORM = /^(\d{1,7}):(\d{1,20}):(\d{1,20})$/;

/**
 * The descriptor that `SIGILFORGE_FD` (`N:DEV:INO`) names, if it is still the one that was meant: a program that did not
 * inherit it may have another file there. Throws `daemon_unavailable`.
 */
export function checkedDescriptor(value: string): number {
  const [, number, dev, ino] = FORM.exec(value) ?? [];
  if (number === undefined || dev === undefined || ino === undefined) {
    throw new SigilforgeError('daemon_unavailable', 'SIGILFORGE_FD is not of the form N:DEV:INO.', {
      hint: 'Leave it as the program that started this one has set it, or unset it.',
    });
  }
  const fd = Number(number);
  const stats = statsOf(fd);
  if (stats.isSocket() && stats.dev === BigInt(dev) && stats.ino === BigInt(ino)) return fd;
  throw notInherited(`descriptor ${fd} is another file here`);
}

/** The descriptor that `SIGILFORGE_FD` names in this process, `undefined` if there is none that leads to a daemon. */
export function inheritedWayIn(): number | undefined {
  const value = pinnedDescriptor();
  try {
    return value === undefined ? undefined : checkedDescriptor(value);
  } catch {
    return undefined;
  }
}

function statsOf(fd: number): BigIntStats {
  try {
    return fstatSync(fd, { bigint: true });
  } catch (thrown) {
    throw notInherited(`descriptor ${fd} is not open here (${errnoOf(thrown) ?? 'unknown error'})`);
  }
}

function notInherited(what: string): SigilforgeError {
  return new SigilforgeError(
    'daemon_unavailable',
    `SIGILFORGE_FD is set, but ${what}: the program that started this one has not passed it on.`,
    {
      hint: 'Have it passed on (in Python: pass_fds, in Node: stdio), or keep SIGILFORGE_SOCKET where Unix sockets are allowed.',
    },
  );
}
