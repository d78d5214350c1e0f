import type { Config } from '../../../shared/config.js';
import { SigilforgeError } from '../../../shared/errors.js';
import type { Paths } from '../../../shared/paths.js';
import type { Keychain } from '../keychain/keychain.js';
import type { Clock } from '../platform/clock.js';
import type { Logger } from '../platform/log.js';
import type { Lease, Leases } from '../store/lease.js';
import { setUp } from '../store/open.js';
import type { Sqlite } from '../store/sqlite.js';
import { credentialSource, type KeySource, keychainSource, keyFileSource } from './slots/key-source.js';
import { lockAfterMs } from './time-limit.js';
import { Vault } from './vault.js';

interface Options {
  readonly db: Sqlite;
  readonly paths: Paths;
  readonly config: Config;
  readonly keychain: Keychain;
  readonly leases: Leases;
  readonly instanceLease?: Lease | undefined;
  readonly log: Logger;
  readonly notice?: ((sentence: string) => void) | undefined;
  readonly clock: Clock;
}

interface Sources {
  readonly credential: KeySource;
  readonly keychain: KeySource;
  readonly key_file: KeySource;
}

/** The vault of the data folder. The first start makes it, with the kind of key that the config asks for. */
export async function openVault(options: Options): Promise<Vault> {
  const { db, paths, config, clock, keychain, leases, instanceLease } = options;
  const sources: Sources = {
    credential: credentialSource(process.env['CREDENTIALS_DIRECTORY']),
    keychain: keychainSource(keychain),
    key_file: keyFileSource(paths.keyFile),
  };
  const vault = new Vault({
    db,
    clock,
    sources: Object.values(sources),
    lockAfterMs: lockAfterMs(config.vault.lock_after),
  });
  await setUp(leases, instanceLease, {
    isDone: () => vault.exists,
    work: () => create(vault, sources, options),
  });
  return vault;
}

async function create(
  vault: Vault,
  sources: Sources,
  { config, paths, clock, log, notice }: Options,
): Promise<void> {
  const wanted = config.vault.key;
  const now = clock.wall();
  if (wanted === 'password') {
    throw new SigilforgeError('config', 'A vault cannot be made with a password alone.', {
      hint: 'Leave vault.key out of config.toml, start, and then: sigilforge vault set-password --only',
    });
  }
  if (wanted !== 'auto') return vault.create(sources[wanted], now);
  try {
    await vault.create(sources.keychain, now);
  } catch (thrown) {
    // Only where there is no keychain at all. One that is locked, hung or refuses is no reason for weaker storage.
    if (!(thrown instanceof SigilforgeError && thrown.kind === 'keychain_unavailable')) throw thrown;
    await vault.create(sources.key_file, now);
    const sentence = `There is no keychain here, so the key of the vault is kept in ${paths.keyFile}.`;
    log.warn('vault.key_in_file', { file: paths.keyFile });
    notice?.(sentence);
  }
}
