import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  closeSync,
  constants,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
} from 'node:fs';
import path from 'node:path';
import { SigilforgeError } from '../../shared/errors.js';
import { assertPrivate } from '../../shared/ownership.js';
import { withPathErrors } from '../../shared/path-error.js';
import { resolvePaths } from '../../shared/paths.js';
import { makePrivateFolder } from '../../shared/private-folder.js';

const ALIVE = 'alive.fifo';
const RUN = 'run-';

/** A folder of this run (0700), removed at its end, or at the next start if this process was killed. */
export interface Workspace {
  readonly folder: string;
  /** The requested named pipes, in order. */
  readonly pipes: readonly string[];
  remove(): void;
}

/**
 * Makes a folder with `pipes` named pipes in it. One more is kept open for reading while this process lives: a process
 * that opens it for writing learns from the kernel whether it still has a reader, so no pid or clock is involved. The
 * folder gets its final name only after that. Throws if no private folder or no named pipe can be made.
 */
export function createWorkspace(pipes: number): Workspace {
  const base = baseFolder();
  makePrivateFolder(base);
  const id = randomBytes(8).toString('hex');
  const unnamed = path.join(base, `new-${id}`);
  const folder = path.join(base, `${RUN}${id}`);
  withPathErrors(base, () => mkdirSync(unnamed, { mode: 0o700 }));
  const names = Array.from({ length: pipes }, (_, index) => `pipe-${index}.fifo`);
  let alive: number;
  try {
    makePipes([ALIVE, ...names].map((name) => path.join(unnamed, name)));
    alive = openSync(path.join(unnamed, ALIVE), constants.O_RDONLY | constants.O_NONBLOCK);
    renameSync(unnamed, folder);
  } catch (thrown) {
    removeIfPossible(unnamed);
    throw thrown;
  }
  return {
    folder,
    pipes: names.map((name) => path.join(folder, name)),
    remove() {
      removeIfPossible(folder);
      closeSync(alive);
    },
  };
}

/** Removes what killed runs have left behind. A folder that cannot be removed does no harm. */
export function removeLeftovers(): void {
  for (const folder of earlierRuns()) if (!isInUse(folder)) removeIfPossible(folder);
}

function removeIfPossible(folder: string): void {
  try {
    rmSync(folder, { recursive: true, force: true });
  } catch {
    // The next start tries again.
  }
}

/** Beside the usual socket: a socket that the environment names may be in a folder that is not ours. */
function baseFolder(): string {
  const { socket, data } = resolvePaths({ ...process.env, SIGILFORGE_SOCKET: undefined });
  return path.join(socket === null ? data : path.dirname(socket), 'sigilforge-exec');
}

function isInUse(folder: string): boolean {
  try {
    closeSync(openSync(path.join(folder, ALIVE), constants.O_WRONLY | constants.O_NONBLOCK));
    return true;
  } catch {
    return false;
  }
}

/** Their folders; none if there is no home either, which a program without values can do without. */
function earlierRuns(): string[] {
  try {
    const base = baseFolder();
    assertPrivate(base, lstatSync(base));
    return readdirSync(base).flatMap((name) => (name.startsWith(RUN) ? [path.join(base, name)] : []));
  } catch {
    return [];
  }
}

function makePipes(files: readonly string[]): void {
  const { status, error } = spawnSync('mkfifo', ['-m', '600', ...files], { stdio: 'ignore' });
  if (status === 0) return;
  throw new SigilforgeError('external', 'A named pipe cannot be made here.', {
    hint: 'Install the program mkfifo, and use a runtime folder that is not on a network drive.',
    cause: error,
  });
}
