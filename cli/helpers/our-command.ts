import { existsSync, realpathSync } from 'node:fs';
import path from 'node:path';
import { nativeProgram } from '../../client/native/programs.js';
import { builtFile } from '../../shared/built-file.js';
import { builtProgram } from '../../shared/built-program.js';
import { endsWithItsVersion } from '../../shared/service/installed.js';
import { badArgument } from '../arguments/context.js';
import { lastingNode, lastingProgram } from '../service/lasting-path.js';

/**
 * The words by which another program starts Sigilforge: the native client by its path, else the command in PATH, else Node.
 * A path that is gone after an upgrade is taken only where there is no other.
 */
export async function ourCommand(env: NodeJS.ProcessEnv = process.env): Promise<readonly string[]> {
  const native = nativeProgram('sigilforge');
  const lasting = native === undefined ? undefined : lastingProgram(native, env);
  const file = [lasting, commandInPath(env), native].find(
    (one, index) => one !== undefined && (index === 2 || !endsWithItsVersion(one)),
  );
  if (file !== undefined) return [file];
  return [await lastingNode(process.execPath, env), lastingProgram(builtProgram('sigilforge.cjs'), env)];
}

/** The link in PATH that a package manager made to this package. */
function commandInPath(env: NodeJS.ProcessEnv): string | undefined {
  const folders = (env['PATH'] ?? '').split(path.delimiter).filter((folder) => path.isAbsolute(folder));
  return folders.map((folder) => path.join(folder, 'sigilforge')).find(isOfThisPackage);
}

function isOfThisPackage(file: string): boolean {
  if (!existsSync(file)) return false;
  return realpathSync(file).startsWith(`${realpathSync(path.dirname(builtFile('sigilforge.cjs')))}/`);
}

/** Words as one line of a POSIX shell. */
export function shellLine(words: readonly string[]): string {
  return words.map(shellWord).join(' ');
}

function shellWord(word: string): string {
  if (/[\p{Cc}]/u.test(word)) {
    throw badArgument('A path with control characters in it cannot be written into a configuration.');
  }
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
