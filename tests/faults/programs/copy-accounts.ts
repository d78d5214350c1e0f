import { copyAccount } from '../../support/many-accounts.js';
import { openTestCore } from '../../support/start/core.js';

/** Adds copies of an account to a home that nobody uses: copy-accounts HOME SERVICE ACCOUNT COUNT. */
async function main([home = '', service = '', account = '', count = '']: string[]): Promise<void> {
  const core = await openTestCore(home);
  await copyAccount(core, home, { service, account }, Number(count));
  await core.close();
}

void main(process.argv.slice(2));
