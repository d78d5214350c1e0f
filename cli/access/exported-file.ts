import path from 'node:path';
import { badArgument } from '../arguments/context.js';
import { canAsk } from '../terminal/prompt.js';
import { readSecret } from '../terminal/secret-input.js';

/** The absolute path of a file that was named on the command line. */
export function absolutePath(file: string): string {
  try {
    return path.resolve(file);
  } catch {
    // Only a relative path needs the current folder, which may have been removed.
    throw badArgument('The current folder no longer exists.', 'Change to another folder, then try again.');
  }
}

/** Asks for the vault's password. Without a terminal standard input holds one value, the file's passphrase. */
export function passwordAsker(): (() => Promise<string>) | undefined {
  return canAsk() ? () => readSecret('Password of the vault') : undefined;
}
