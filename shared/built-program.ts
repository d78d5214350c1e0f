import { existsSync } from 'node:fs';
import { builtFile } from './built-file.js';
import { missingFile, SigilforgeError } from './errors.js';

/** The path of a built program that a process of its own is to run. Throws `incompatible` if none could. */
export function builtProgram(name: string): string {
  const file = builtFile(name);
  // Yarn's Plug'n'Play shows what is in a zip as files, but only to the process that it started.
  if (/\.zip[\\/]/.test(file)) {
    throw new SigilforgeError(
      'incompatible',
      `${file} is inside an archive, where no process can start it.`,
      {
        hint: 'Set dependenciesMeta.sigilforge.unplugged to true in the package.json of the project, and run: yarn install',
      },
    );
  }
  if (!existsSync(file)) throw missingFile(file);
  return file;
}
