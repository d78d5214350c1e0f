import type { ChildProcess } from 'node:child_process';
import { constants } from 'node:os';
import { getSystemErrorName } from 'node:util';
import { withUsualCoreFiles } from '../../shared/core-files.js';
import { errnoOf } from '../../shared/errno.js';
import { SigilforgeError } from '../../shared/errors.js';
import { launch, noTerminal, type Start } from './launch.js';

/** Exit codes for a program that was not run, as in shells and env(1). */
const NO_SUCH_PROGRAM = 127;
const NOT_EXECUTABLE = 126;
export const FAILED_BEFORE = 125;

/** A program that could not be started, and the exit code for it. */
export class StartError extends Error {
  readonly error: SigilforgeError;
  readonly exitCode: number;

  constructor(error: SigilforgeError, exitCode: number) {
    super(error.message, { cause: error });
    this.error = error;
    this.exitCode = exitCode;
  }
}

/** Starts a program; `onStart` gets it at once. Resolves with its exit code, 128+N if signal N ended it. */
export async function runToEnd(start: Start, onStart: (child: ChildProcess) => void): Promise<number> {
  const [program = ''] = start.command;
  if (program === '') throw notFound('The name of the program is empty.');
  let failure: string | undefined;
  try {
    const { child, failed } = withUsualCoreFiles(() => launch(start));
    const ended = exitCodeOf(child);
    if (child.pid !== undefined) onStart(child);
    const exitCode = await ended;
    failure = await failed;
    if (failure === undefined) return exitCode;
  } catch (thrown) {
    throw startError(program, errnoOf(thrown), thrown);
  }
  throw failureOf(program, failure);
}

/** From what `sigilforge-run` reported. */
function failureOf(program: string, failure: string): StartError {
  const code = getSystemErrorName(-Number(failure.replace('P', '')));
  if (!failure.startsWith('P')) return startError(program, code);
  return new StartError(noTerminal(`none can be opened (${code})`), FAILED_BEFORE);
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

function startError(program: string, code = 'unknown', cause?: unknown): StartError {
  // The text after an equals sign may be a value that was meant for a variable.
  const name = program.replace(/=.*/s, '=…');
  switch (code) {
    case 'ENOENT':
      return notFound(`There is no program ${name}.`);
    case 'E2BIG':
      return new StartError(
        new SigilforgeError(
          'limit_exceeded',
          `The arguments and the environment are too large for ${name}.`,
          { hint: 'Pass large values as files or descriptors: --file or --fd.' },
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
        new SigilforgeError('denied', `${name} cannot be executed (${code}).`, {
          hint: 'Check that it is a program, and that you may execute it.',
        }),
        NOT_EXECUTABLE,
      );
    default:
      return new StartError(
        new SigilforgeError('external', `${name} could not be started (${code}).`, {
          hint: 'Check the limits of this session with: ulimit -a',
          cause,
        }),
        FAILED_BEFORE,
      );
  }
}

function notFound(sentence: string): StartError {
  const error = new SigilforgeError('not_found', sentence, { hint: 'Check the name after --, and PATH.' });
  return new StartError(error, NO_SUCH_PROGRAM);
}
