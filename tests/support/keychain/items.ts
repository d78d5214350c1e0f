import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Session } from './secret-service.js';

/** The users of all items of the service `sigilforge`, as another program sees them. */
export async function keychainItems({ env }: Session): Promise<string[]> {
  const { stderr } = await promisify(execFile)('secret-tool', ['search', '--all', 'service', 'sigilforge'], {
    env,
  });
  return [...stderr.matchAll(/^attribute\.username = (.*)$/gm)].map(([, user = '']) => user).sort();
}
