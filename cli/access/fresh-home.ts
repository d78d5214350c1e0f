import { existsSync } from 'node:fs';
import { resolvePaths } from '../../shared/paths.js';

/** Whether nothing was ever stored in this home: no account, no secret and no provider. Makes no file where that is so. */
export async function isFreshHome(): Promise<boolean> {
  try {
    const { database, configFile, socketPinned } = resolvePaths();
    if (existsSync(configFile)) return false;
    if (!existsSync(database) && !socketPinned) return true;
    return await isEmpty(existsSync(database));
  } catch {
    // What is wrong shows with the first command that needs the home.
    return false;
  }
}

async function isEmpty(isHere: boolean): Promise<boolean> {
  const { connect } = await import('../../client/index.js');
  const client = await connect({ fallback: isHere ? 'direct' : 'none' });
  try {
    const { account_count, secret_count } = await client.status();
    if (account_count !== 0 || secret_count !== 0) return false;
    const { providers } = await client.listProviders({});
    return providers.every(({ source, configured }) => source === 'builtin' && !configured);
  } finally {
    await client.close();
  }
}
