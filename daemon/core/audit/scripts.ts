import { readFile, readlink, stat } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Turns } from '../platform/turns.js';
import type { Actor } from './entry.js';

/** Programs that run the program in a file which is their first argument. */
const INTERPRETER =
  /^(node|nodejs|bun|deno|tsx|(python|pypy|ruby|perl|php|lua|tclsh)[\d.]*|(ba|da|k|z|fi)?sh|Rscript|osascript)$/;

/** A row does not wait longer for a script. */
const LIMIT_MS = 500;

/**
 * The script that an interpreter runs. What another process names may be on a disk that hangs, so it is read beside
 * everything else, one after the other: at most one such disk is waited for.
 */
export class ScriptFinder {
  readonly #turns = new Turns();

  /** `undefined` if there is nothing to look for. The promise resolves to `null` if there is no script, or not in time. */
  find({ pid, executable }: Pick<Actor, 'pid' | 'executable'>): Promise<string | null> | undefined {
    if (pid === null || executable === null || !INTERPRETER.test(path.basename(executable))) return undefined;
    let isLate = false;
    const found = this.#turns.take(async () => (isLate ? null : scriptOf(pid)));
    const limit = delay(LIMIT_MS, null, { ref: false }).then(() => {
      isLate = true;
      return null;
    });
    return Promise.race([found, limit]);
  }
}

/** The first argument without a dash, if it is a file; never another argument, which may be a secret. */
async function scriptOf(pid: number): Promise<string | null> {
  try {
    const [, ...args] = (await readFile(`/proc/${pid}/cmdline`, 'utf8')).split('\0');
    const first = args.find((argument) => !argument.startsWith('-'));
    if (first === undefined || first === '') return null;
    const file = path.resolve(await readlink(`/proc/${pid}/cwd`), first);
    return (await stat(file)).isFile() ? file : null;
  } catch {
    return null;
  }
}
