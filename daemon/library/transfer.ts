import { SigilforgeError } from '../../shared/errors.js';
import type { Core } from '../core/core.js';
import { reported } from '../core/platform/faults.js';
import type { LeftOut } from '../core/transfer/collect.js';
import type { TransferCounts } from '../core/transfer/transfer.js';
import { openLocalCore } from './open.js';

export type { TransferCounts } from '../core/transfer/transfer.js';

interface TransferOptions {
  readonly file: string;
  readonly passphrase: string;
  /** Replaces what exists: an export the file, an import secrets, providers and accounts. */
  readonly force?: boolean;
  /** Asks for the vault's own password. Called only if nothing else opens the vault. */
  readonly askPassword?: (() => Promise<string>) | undefined;
}

/** Writes secrets and providers into one encrypted file, and grants too with `withGrants`. */
export function exportVault({
  file,
  passphrase,
  force = false,
  withGrants = false,
  askPassword,
}: TransferOptions & { readonly withGrants?: boolean }): Promise<TransferCounts & LeftOut> {
  return withOpenVault(askPassword, ({ transfer }) =>
    transfer.export(file, passphrase, { withGrants, force }),
  );
}

/** Stores what a file of `exportVault` holds; with `verify` it is only opened. Grants arrive parked. */
export function importVault({
  file,
  passphrase,
  force = false,
  verify = false,
  askPassword,
}: TransferOptions & { readonly verify?: boolean }): Promise<TransferCounts> {
  return withOpenVault(askPassword, ({ transfer }) => transfer.import(file, passphrase, { verify, force }));
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
    const asked = isLocked && !vault.row().locked && vaultKeys.opensByText ? askPassword : undefined;
    if (!asked) throw thrown;
    await vaultKeys.unlock(await asked(), { gone: new AbortController().signal });
  }
}
