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
import { resolvePaths } from '../../shared/paths.js';

const ALIVE = 'alive.fifo';
const RUN = 'run-';

/** A folder of this run alone (0700), gone at its end, or at the next start where this process was killed. */
export interface Workspace {
  readonly folder: string;
  /** Named pipes that were asked for, in their order. */
  readonly pipes: readonly string[];
  remove(): void;
}

/**
 * Makes a folder with `pipes` named pipes in it. One more is kept open for reading as long as this process lives: the
 * kernel then tells whoever opens it for writing whether there still is a reader, and no pid or clock is relied on. The
 * folder gets its name only after that. Throws where there is no private place for it, or no named pipe to be had.
 */
export function createWorkspace(pipes: number): Workspace {
  const base = baseFolder();
  mkdirSync(base, { recursive: true, mode: 0o700 });
  assertPrivate(base, lstatSync(base));
  const id = randomBytes(8).toString('hex');
  const unnamed = path.join(base, `new-${id}`);
  const folder = path.join(base, `${RUN}${id}`);
  mkdirSync(unnamed, { mode: 0o700 });
  const names = Array.from({ length: pipes }, (_, index) => `pipe-${index}.fifo`);
  let alive: number;
  try {
    makePipes([ALIVE, ...names].map((name) => path.join(unnamed, name)));
    alive = openSync(path.join(unnamed, ALIVE), constants.O_RDONLY | constants.O_NONBLOCK);
    renameSync(unnamed, folder);
  } catch (thrown) {
    rmSync(unnamed, { recursive: true, force: true });
    throw thrown;
  }
  return {
    folder,
    pipes: names.map((name) => path.join(folder, name)),
    remove() {
      rmSync(folder, { recursive: true, force: true });
      closeSync(alive);
    },
  };
}

/** Removes what runs that were killed have left behind. What cannot be removed hinders nobody. */
export function removeLeftovers(): void {
  const base = baseFolder();
  for (const name of listed(base)) {
    const folder = path.join(base, name);
    if (name.startsWith(RUN) && !isInUse(folder)) removeIfPossible(folder);
  }
}

function removeIfPossible(folder: string): void {
  try {
    rmSync(folder, { recursive: true, force: true });
  } catch {
    // The next start tries again.
  }
}

/** Beside the usual socket: a socket that the environment names may lie in a place that is not ours. */
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

function listed(folder: string): string[] {
  try {
    assertPrivate(folder, lstatSync(folder));
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function makePipes(files: readonly string[]): void {
  const { status, error } = spawnSync('mkfifo', ['-m', '600', ...files], { stdio: 'ignore' });
  if (status === 0) return;
  throw new SigilforgeError('internal_error', 'No named pipe can be made here.', {
    hint: 'It takes the program mkfifo, and a runtime folder that is not on a network.',
    cause: error,
  });
}
