import { accessSync, constants, statSync } from 'node:fs';
import path from 'node:path';
import { builtProgram } from '../../../../shared/built-program.js';
import { childOptions } from '../../../../shared/child-options.js';
import { SigilforgeError } from '../../../../shared/errors.js';
import type { Manifest } from '../../../../shared/manifest.js';

/** A program with its arguments, and the descriptor on which it speaks to us. */
export interface Program {
  readonly file: string;
  readonly args: readonly string[];
  readonly protocol: 1 | 3;
}

/** What runs a capability whose trusted copy is in `folder`. Throws `external` if its program is not there. */
export function programOf({ run }: Pick<Manifest, 'run'>, folder: string): Program {
  switch (run.runner) {
    // Both keep descriptor 3 for themselves, so that whatever is printed is only output.
    case 'python':
      return {
        file: inPath('python3'),
        args: ['-B', builtProgram('run-python.py'), folder, run.entry],
        protocol: 3,
      };
    case 'node':
      return {
        file: process.execPath,
        args: [...childOptions(), builtProgram('run-node.cjs'), path.join(folder, run.entry)],
        protocol: 3,
      };
    case 'command': {
      const [first = '', ...others] = run.command;
      const file = first.includes('/') ? path.resolve(folder, first) : inPath(first);
      return { file, args: others.map((word) => inFolder(word, folder)), protocol: 1 };
    }
  }
}

/** Where the first program of this name in PATH is. */
export function findInPath(name: string): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(path.delimiter).filter(path.isAbsolute);
  return folders.map((folder) => path.join(folder, name)).find(isExecutable);
}

function inPath(name: string): string {
  const file = findInPath(name);
  if (file !== undefined) return file;
  throw new SigilforgeError(
    'external',
    `The program ${name} is not installed, or not on the daemon's PATH.`,
    {
      hint: 'Install it where the daemon finds it, then: sigilforge daemon restart',
    },
  );
}

/** `./NAME` is a file of the capability if it has one: interpreters get their script so, in whatever folder they run. */
function inFolder(word: string, folder: string): string {
  const file = path.join(folder, word);
  return word.startsWith('./') && statSync(file, { throwIfNoEntry: false })?.isFile() ? file : word;
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}
