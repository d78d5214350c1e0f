import { type SpawnOptions, spawn } from 'node:child_process';
import { serialize } from 'node:v8';
import { builtFile } from '../../../shared/built-file.js';
import type { OutputRest } from './output-mask.js';
import type { HandOver } from './relay.js';

/** The descriptors of a program, as `spawn` takes them. */
export type StdioList = Exclude<NonNullable<SpawnOptions['stdio']>, string>;

/** What the process needs that goes on with an output, on its standard input. */
export interface Afterwards {
  /** The values to mask. */
  readonly values: readonly Uint8Array[];
  readonly rest: OutputRest;
}

/** Its descriptor for what other programs still write. */
export const SOURCE = 3;

/**
 * Starts that process, in a session of its own: neither this process's end nor its terminal's ends it. It has only this
 * output, so it holds nothing open for longer than those programs do.
 */
export function handOverTo(target: 1 | 2, values: readonly Uint8Array[]): HandOver {
  return (fd) => {
    const child = spawn(process.execPath, [builtFile('relay.cjs')], {
      stdio: ['pipe', target, 'ignore', fd],
      detached: true,
      cwd: '/',
    });
    child.on('error', () => undefined);
    child.unref();
    const { stdin } = child;
    if (child.pid === undefined || stdin === null) return undefined;
    // It may have been ended already.
    stdin.on('error', () => undefined);
    return (rest) => stdin.end(rest && serialize({ values, rest } satisfies Afterwards));
  };
}
