import { v7 as uuidv7 } from 'uuid';
import type { Core } from '../../daemon/core/core.js';
import { place, type SteeredToken } from '../../daemon/core/sealing/places.js';
import type { Sealer } from '../../daemon/core/vault/vault.js';
import { Secret } from '../../shared/secret.js';
import * as stored from './stored.js';

/** Adds `count` accounts like the one that is given, with tokens that no provider ever issued. */
export async function copyAccount(
  core: Core,
  home: string,
  { service, account }: { service: string; account: string },
  count: number,
): Promise<void> {
  const original = core.accounts.stored(service, account);
  const sealer = await core.vault.unlocked();
  stored.insertCopies(
    home,
    original.id,
    Array.from({ length: count }, (_, number) => copy(sealer, original, number)),
  );
}

function copy(sealer: Sealer, original: SteeredToken, number: number): stored.AccountCopy {
  const copied = { ...original, id: uuidv7(), account: `copy-${number}` };
  const refreshToken = new Secret(`refresh token ${number}`);
  const seal = (column: 'access_token' | 'refresh_token', secret: Secret) =>
    sealer.seal(place.account(copied, column), secret);
  return {
    ...{ id: copied.id, account: copied.account },
    accessToken: seal('access_token', new Secret(`access token ${number}`)),
    refreshToken: seal('refresh_token', refreshToken),
    fingerprint: sealer.fingerprint(refreshToken),
  };
}
