import { isErrno } from '../../../shared/errno.js';
import { SigilforgeError } from '../../../shared/errors.js';
import { pathError } from '../../../shared/path-error.js';
import { printable } from '../../../shared/printable.js';

const SHOWN = 100;

/** What went wrong with an archive. What zlib and yauzl say is about bytes, and tells a person nothing more. */
export function archiveError(archive: string, thrown: unknown): SigilforgeError {
  if (thrown instanceof SigilforgeError) return thrown;
  if (isErrno(thrown, 'ENOENT', 'ENOTDIR')) return absent(archive, thrown);
  if (thrown instanceof Error && 'syscall' in thrown) return pathError(archive, thrown);
  return new SigilforgeError(
    'invalid_params',
    `${archive} is not a zip archive, is damaged, or uses something of zip that is not supported.`,
    { hint: 'Get it again, or unpack it with another program and add the folder.', cause: thrown },
  );
}

function absent(archive: string, cause: unknown): SigilforgeError {
  return new SigilforgeError('not_found', `${archive} is not there.`, {
    hint: 'Name the zip archive of a capability, or its folder.',
    cause,
  });
}

export function unsafeName(name: string, what: string): SigilforgeError {
  return new SigilforgeError('unsafe_path', `The archive has ${shown(name)}, which ${what}.`, {
    hint: 'Nothing was unpacked. Do not trust this archive.',
  });
}

/** For what an honest archive can have as well. */
export function unusable(name: string, what: string): SigilforgeError {
  return new SigilforgeError('unsafe_path', `The archive has ${shown(name)}, which ${what}.`, {
    hint: 'Nothing was unpacked. Leave it out, or give it another name, and pack the archive again.',
  });
}

export function unreadable(name: string, what: string): SigilforgeError {
  return new SigilforgeError('invalid_params', `The archive has ${shown(name)}, which ${what}.`, {
    hint: 'Pack it again without a password, in the usual way (deflate).',
  });
}

export function damagedEntry(name: string): SigilforgeError {
  return new SigilforgeError('invalid_params', `The archive has ${shown(name)}, which is damaged.`, {
    hint: 'Get the archive again.',
  });
}

export function bomb(): SigilforgeError {
  return new SigilforgeError(
    'limit_exceeded',
    'The archive becomes more than 100 times as large when it is unpacked.',
    { hint: 'If you trust it, unpack it with another program and add the folder.' },
  );
}

/** The archive chose the name. */
function shown(name: string): string {
  const text = printable(name);
  return text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text;
}
