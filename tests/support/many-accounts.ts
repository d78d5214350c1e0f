import { v7 as uuidv7 } from 'uuid';
import type { Core } from '../../daemon/core/core.js';
import { AccountStore } from '../../daemon/core/store/accounts.js';
import { Sqlite } from '../../daemon/core/store/sqlite.js';
import type { Sealer } from '../../daemon/core/vault/vault.js';
import { resolvePaths } from '../../shared/paths.js';
import { Secret } from '../../shared/secret.js';

/** Adds `count` accounts like the one that is given, in one transaction, with tokens that no provider ever issued. */
export async function copyAccount(
  core: Core,
  home: string,
  { service, account }: { service: string; account: string },
  count: number,
): Promise<void> {
  const template = core.accounts.stored(service, account);
  const sealer = await core.vault.unlocked();
  const db = await Sqlite.open(resolvePaths({ SIGILFORGE_HOME: home }).database);
  try {
    const store = new AccountStore(db);
    await db.write(() => {
      for (let number = 0; number < count; number++) {
        const id = uuidv7();
        store.insert({ ...template, id, account: `copy-${number}`, ...tokens(sealer, id, number) });
      }
    });
  } finally {
    db.close();
  }
}

function tokens(sealer: Sealer, id: string, number: number) {
  const refreshToken = new Secret(`refresh token ${number}`);
  const seal = (column: string, secret: Secret) =>
    sealer.seal({ table: 'accounts', row: id, column }, secret);
  return {
    accessToken: seal('access_token', new Secret(`access token ${number}`)),
    refreshToken: seal('refresh_token', refreshToken),
    refreshFingerprint: sealer.fingerprint(refreshToken),
  };
}
