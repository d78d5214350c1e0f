import { setTimeout as delay } from 'node:timers/promises';
import type { Config } from '../../../shared/config.js';
import { asSigilforgeError, SigilforgeError } from '../../../shared/errors.js';
import type { Paths } from '../../../shared/paths.js';
import type { Keychain } from '../keychain/keychain.js';
import type { Env } from '../store/env.js';
import type { Lease } from '../store/lease.js';
import { setUp } from '../store/open.js';
import { keyWarning, onlyWay } from './configured-key.js';
import { createVault } from './create-vault.js';
import { credentialSource, type KeySource, keychainSource, keyFileSource } from './slots/key-source.js';
import { lockAfterMs } from './time-limit.js';
import { Vault } from './vault.js';

const KEY_PATIENCE_MS = 2_000;

/** What a key that is not there, or is that of another vault, ends in; anything else may pass by itself. */
const ABSENT: ReadonlySet<string> = new Set(['integrity', 'vault_locked', 'keychain_unavailable']);

interface Options {
  readonly paths: Paths;
  readonly config: Config;
  readonly keychain: Keychain;
  readonly instanceLease?: Lease | undefined;
  readonly notice?: ((sentence: string) => void) | undefined;
}

interface Sources {
  readonly credential: KeySource;
  readonly keychain: KeySource;
  readonly key_file: KeySource;
}

/** The vault of the data folder. The first start makes it, with the kind of key that the config asks for. */
export async function openVault(env: Env, options: Options): Promise<Vault> {
  const { paths, config, keychain, instanceLease } = options;
  const sources: Sources = {
    credential: credentialSource(process.env['CREDENTIALS_DIRECTORY']),
    keychain: keychainSource(keychain),
    key_file: keyFileSource(paths.keyFile),
  };
  const vault = new Vault(env, {
    sources: Object.values(sources),
    lockAfterMs: lockAfterMs(config.vault.lock_after),
  });
  await setUp(env.leases, instanceLease, {
    isDone: () => vault.exists,
    work: () => createFirst(env, vault, sources, options),
  });
  // One line in the daemon's log is enough: a program with the library may open the vault many times.
  if (instanceLease) {
    warnOfKey(env, vault, options);
    await warnIfClosed(vault, options);
  }
  return vault;
}

/** Says at a daemon's start if no key is where it was kept. A keychain that is slow, or asks a person, is not waited for. */
async function warnIfClosed(vault: Vault, { notice }: Options): Promise<void> {
  if (notice === undefined || vault.state === 'locked') return;
  const patience = new AbortController();
  const waited = delay(KEY_PATIENCE_MS, undefined, { signal: patience.signal }).catch(() => undefined);
  const fault = await Promise.race([vault.slotBySource().then(() => undefined, asSigilforgeError), waited]);
  patience.abort();
  if (fault && ABSENT.has(fault.kind)) notice(`${fault.message} ${fault.hint}`);
}

function warnOfKey({ log }: Env, { store }: Vault, { config, notice }: Options): void {
  const slots = store.slots();
  const warning = keyWarning(config.vault.key, slots);
  if (warning === null) return;
  log.warn('vault.key_differs', {
    configured: config.vault.key,
    slots: slots.map(({ kind }) => kind).join(' '),
  });
  notice?.(warning);
}

async function createFirst(
  env: Env,
  { store }: Vault,
  sources: Sources,
  { config, paths, notice }: Options,
): Promise<void> {
  const wanted = config.vault.key;
  if (wanted === 'password') {
    throw new SigilforgeError('config', 'A vault cannot be created with only a password.', {
      hint: 'Leave vault.key out of config.toml, start, and then: sigilforge vault set-password --only',
    });
  }
  if (wanted !== 'auto') return createVault(env, store, sources[wanted]);
  try {
    await createVault(env, store, sources.keychain);
    const advice = onlyWay(store.slots());
    if (advice !== null) notice?.(advice);
  } catch (thrown) {
    // Only if there is no keychain at all. One that is locked, hung or refuses does not justify weaker storage.
    if (!(thrown instanceof SigilforgeError && thrown.kind === 'keychain_unavailable')) throw thrown;
    await createVault(env, store, sources.key_file);
    env.log.warn('vault.key_in_file', { file: paths.keyFile });
    notice?.(`There is no keychain here, so the key of the vault is kept in ${paths.keyFile}.`);
  }
}
