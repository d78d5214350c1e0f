import { chmodSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { isErrno } from '../../../shared/errno.js';
import { SigilforgeError } from '../../../shared/errors.js';
import { withPathErrors } from '../../../shared/path-error.js';

/** A folder in the making, beside the one that it becomes. Until then nothing but this user gets into it. */
export class NewFolder {
  readonly draft: string;
  readonly #parent: string;
  /** The outermost folder that was made for it. */
  readonly #made: string | undefined;
  #target: string | undefined;

  constructor(parent: string) {
    this.#parent = parent;
    this.#made = withPathErrors(parent, () => mkdirSync(parent, { recursive: true }));
    this.draft = withPathErrors(parent, () => mkdtempSync(path.join(parent, '.sigilforge-')));
  }

  /** Gives it its place. Throws `already_exists`: what is there already belongs to something else. */
  become(target: string): void {
    withPathErrors(target, () => {
      // Whatever the umask: what other users can change would not be registered.
      chmodSync(this.draft, 0o755);
      claim(target);
      try {
        // Onto our own empty folder: never onto one that another process made meanwhile.
        renameSync(this.draft, target);
      } catch (thrown) {
        rmdirSync(target);
        throw thrown;
      }
      this.#target = target;
    });
  }

  /** As if it had never been made. */
  remove(): void {
    for (const folder of [this.draft, this.#target])
      if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
    if (this.#made !== undefined) removeEmpty(this.#parent, this.#made);
  }
}

function claim(target: string): void {
  try {
    mkdirSync(target, { mode: 0o755 });
  } catch (thrown) {
    throw isErrno(thrown, 'EEXIST') ? taken(target) : thrown;
  }
}

/** Before an archive is unpacked in vain. */
export function assertFree(target: string): void {
  if (existsSync(target)) throw taken(target);
}

function removeEmpty(folder: string, outermost: string): void {
  try {
    rmdirSync(folder);
  } catch {
    // Something else is in it by now.
    return;
  }
  if (folder !== outermost) removeEmpty(path.dirname(folder), outermost);
}

function taken(folder: string): SigilforgeError {
  return new SigilforgeError('already_exists', `${folder} is there already.`, {
    hint: 'Name another folder with --at, or move that one away.',
  });
}
