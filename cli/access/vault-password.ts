import { canAsk } from '../terminal/prompt.js';
import { readSecret } from '../terminal/secret-input.js';

/** Asks for the vault's password. Without a terminal standard input holds one value, the file's passphrase. */
export function passwordAsker(): (() => Promise<string>) | undefined {
  return canAsk() ? () => readSecret('Password of the vault') : undefined;
}
