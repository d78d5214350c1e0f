import { badArgument } from '../arguments/context.js';
import { canAsk, readSecret } from './prompt.js';

/** A password that is chosen now: asked for twice on a terminal, where nobody sees what was typed. */
export async function readNewPassword(name: string): Promise<string> {
  const password = await readSecret(name);
  if (canAsk() && (await readSecret('The same once more')) !== password) {
    throw badArgument('These were two different texts.', 'Nothing was changed. Try again.');
  }
  return password;
}
