import { accessSync, constants } from 'node:fs';
import { builtFile } from '../../shared/built-file.js';

/**
 * The programs in C that lie in the package: the client that answers hot calls without Node, and what `exec` starts
 * programs with.
 */
export type NativeProgram = 'sigilforge' | 'sigilforge-run';

/** The path of a program that was built for this system, `undefined` if there is none: then Node does what it can. */
export function nativeProgram(name: NativeProgram): string | undefined {
  const file = builtFile(`native/${process.platform}-${process.arch}/${name}`);
  try {
    accessSync(file, constants.X_OK);
    return file;
  } catch {
    return undefined;
  }
}
