import { errnoOf } from '../../shared/errno.js';
import { type ErrorKind, SigilforgeError } from '../../shared/errors.js';

/** The error for a file that cannot be written: a slip in its path (`invalid_params`), or a disk that took no more. */
export function failed(name: string, thrown: unknown): SigilforgeError {
  if (thrown instanceof SigilforgeError) return thrown;
  const code = errnoOf(thrown);
  if (code === 'EISDIR') return folder(name);
  const { kind, hint } = explain(code);
  return new SigilforgeError(kind, `${shown(name)} cannot be written (${code ?? 'an error'}).`, {
    hint,
    cause: thrown,
  });
}

export function taken(name: string): SigilforgeError {
  return new SigilforgeError('already_exists', `${name} already exists and was left as it is.`, {
    hint: 'Name another file, or replace this one with --force.',
  });
}

export function folder(name: string): SigilforgeError {
  return new SigilforgeError('invalid_params', `${shown(name)} is a folder (EISDIR).`, {
    hint: 'Name a file in it, without a slash at the end.',
  });
}

export function ownData(name: string): SigilforgeError {
  return new SigilforgeError(
    'invalid_params',
    `${shown(name)} is where Sigilforge keeps the vault, and was left as it is.`,
    {
      hint: 'Name a file in another folder.',
    },
  );
}

export function blockDevice(name: string): SigilforgeError {
  return new SigilforgeError('invalid_params', `${shown(name)} is a disk, and was left as it is.`, {
    hint: 'Name a file on it, after it has been mounted.',
  });
}

export function socket(name: string): SigilforgeError {
  return new SigilforgeError(
    'invalid_params',
    `${shown(name)} is a socket, which cannot be written like a file.`,
    {
      hint: 'Name another file, or write to standard output with - and pipe it to a program that connects.',
    },
  );
}

function shown(name: string): string {
  return name === '' ? "''" : name;
}

function explain(code: string | undefined): { kind: ErrorKind; hint: string } {
  switch (code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return { kind: 'invalid_params', hint: 'Create its folder first, or name another file.' };
    case 'EACCES':
    case 'EPERM':
      return { kind: 'invalid_params', hint: 'Name a file in a folder that you may write to.' };
    case 'EROFS':
      return { kind: 'invalid_params', hint: 'This file system is read-only. Name a file on another one.' };
    case 'EBUSY':
    case 'ETXTBSY':
      return { kind: 'invalid_params', hint: 'Something else uses this file. Name another one.' };
    case 'ENAMETOOLONG':
    case 'ELOOP':
      return { kind: 'invalid_params', hint: 'Name another file.' };
    case 'EBADF':
    case 'ENXIO':
      return {
        kind: 'invalid_params',
        hint: 'Nothing that can be written is open there. Name another file.',
      };
    case 'EPIPE':
      return {
        kind: 'external',
        hint: 'The program that reads it has ended. Start it again, then try again.',
      };
    default:
      return { kind: 'store_unavailable', hint: 'Check the free space there and the disk, then try again.' };
  }
}
