import { SigilforgeError } from '../../shared/errors.js';
import { thisProcess } from '../core/audit/who.js';
import type { Core } from '../core/core.js';
import { reported } from '../core/platform/faults.js';
import type { LeftOut } from '../core/transfer/collect.js';
import type { TransferCounts } from '../core/transfer/transfer.js';
import { openLocalCore } from './open.js';

export type { TransferCounts } from '../core/transfer/transfer.js';

interface TransferOptions {
  readonly passphrase: string;
  /** Asks for the vault's own password. Called only if nothing else opens the vault. */
  readonly askPassword?: (() => Promise<string>) | undefined;
}

/** Secrets and providers as the bytes of one encrypted file, and grants too with `withGrants`. */
export function exportVault({
  passphrase,
  withGrants = false,
  askPassword,
}: TransferOptions & { readonly withGrants?: boolean | undefined }): Promise<
  TransferCounts & LeftOut & { readonly bytes: Buffer }
> {
  return withOpenVault(askPassword, async ({ transfer, audit }) => {
    const exported = await transfer.export(passphrase, { withGrants });
    await audit.released(thisProcess(), 'export_vault', null);
    return exported;
  });
}

/**
 * Stores what the bytes of `exportVault` hold; with `verify` they are only opened. With `force` secrets, providers and
 * accounts that exist are replaced. Grants arrive parked.
 */
export function importVault({
  bytes,
  passphrase,
  force = false,
  verify = false,
  askPassword,
}: TransferOptions & {
  readonly bytes: Buffer;
  readonly force?: boolean;
  readonly verify?: boolean;
}): Promise<TransferCounts> {
  return withOpenVault(askPassword, ({ transfer }) => transfer.import(bytes, passphrase, { verify, force }));
}

async function withOpenVault<T>(
  askPassword: (() => Promise<string>) | undefined,
  use: (core: Core) => Promise<T>,
): Promise<T> {
  const { core, log, close } = await openLocalCore();
  try {
    await open(core, askPassword);
    return await use(core);
  } catch (thrown) {
    throw reported(thrown, 'call.failed', log);
  } finally {
    await close();
  }
}

/** A vault that the user has locked stays locked. One that opens with a password is opened only for this process. */
async function open({ vault, vaultKeys }: Core, askPassword?: () => Promise<string>): Promise<void> {
  try {
    await vault.unlocked();
  } catch (thrown) {
    const isLocked = thrown instanceof SigilforgeError && thrown.kind === 'vault_locked';
    if (!isLocked || vault.row().locked || !vaultKeys.opensByText) throw thrown;
    if (!askPassword)
      throw new SigilforgeError('vault_locked', thrown.message, { hint: ASKED, cause: thrown });
    await vaultKeys.unlock(await askPassword(), { gone: new AbortController().signal });
  }
}

/** A daemon that is unlocked does not help: the vault is opened in this process. */
const ASKED =
  'Run this in a terminal, which asks for the password. A script needs a keychain that opens the vault too: sigilforge vault add-keychain';
