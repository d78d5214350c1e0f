import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { constants } from 'node:os';
import { SigilforgeError } from '../../shared/errors.js';

/** Exit codes for a program that was not run, as shells and env(1) have them. */
const NO_SUCH_PROGRAM = 127;
const NOT_EXECUTABLE = 126;
export const FAILED_BEFORE = 125;

/** A program that could not be started, with the exit code that says so. */
export class StartError extends Error {
  readonly error: SigilforgeError;
  readonly exitCode: number;

  constructor(error: SigilforgeError, exitCode: number) {
    super(error.message, { cause: error });
    this.error = error;
    this.exitCode = exitCode;
  }
}

/** Starts a program; `onStart` gets it in the same moment. Resolves with its exit code, 128 and N where signal N ended it. */
export async function runToEnd(
  [program = '', ...args]: readonly string[],
  options: SpawnOptions,
  onStart: (child: ChildProcess) => void,
): Promise<number> {
  try {
    const child = spawn(program, args, options);
    const ended = exitCodeOf(child);
    if (child.pid !== undefined) onStart(child);
    return await ended;
  } catch (thrown) {
    throw startError(program, thrown);
  }
}

function exitCodeOf(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once('error', (error) => {
      if (child.pid === undefined) reject(error);
    });
    child.once('exit', (code, signal) => {
      resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal]));
    });
  });
}

function startError(program: string, thrown: unknown): StartError {
  const code = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : 'unknown';
  // What stands behind an equals sign may be a value that was meant for a variable.
  const name = program.replace(/=.*/s, '=…');
  switch (code) {
    case 'ENOENT':
      return new StartError(
        new SigilforgeError('not_found', `There is no program ${name}.`, {
          hint: 'Look at its name, and at PATH.',
        }),
        NO_SUCH_PROGRAM,
      );
    case 'E2BIG':
      return new StartError(
        new SigilforgeError(
          'limit_exceeded',
          `The arguments and the environment are too large for ${name}.`,
          {
            hint: 'Hand large values over as files or descriptors: --file or --fd.',
          },
        ),
        NOT_EXECUTABLE,
      );
    case 'EACCES':
    case 'EPERM':
    case 'ENOTDIR':
    case 'EISDIR':
    case 'ENOEXEC':
    case 'ELOOP':
    case 'ENAMETOOLONG':
    case 'ETXTBSY':
      return new StartError(
        new SigilforgeError('denied', `${name} cannot be run (${code}).`, {
          hint: 'Look at what it is, and whether you may run it.',
        }),
        NOT_EXECUTABLE,
      );
    default:
      return new StartError(
        new SigilforgeError('internal_error', `${name} could not be started (${code}).`, { cause: thrown }),
        FAILED_BEFORE,
      );
  }
}
