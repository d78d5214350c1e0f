import { SigilforgeError } from '../../shared/errors.js';
import type { Core } from '../core/core.js';
import type { TransferCounts } from '../core/transfer/transfer.js';
import { openLocalCore } from './open.js';

export type { TransferCounts } from '../core/transfer/transfer.js';

interface TransferOptions {
  readonly file: string;
  readonly passphrase: string;
  /** Replaces what is there: the file by an export, secrets, providers and accounts by an import. */
  readonly force?: boolean;
  /** Asked for the vault's own password where nothing else opens it. */
  readonly askPassword?: (() => Promise<string>) | undefined;
}

/** Writes secrets and providers, and grants where that is asked for, into one encrypted file. */
export function exportVault({
  file,
  passphrase,
  force = false,
  withGrants = false,
  askPassword,
}: TransferOptions & { readonly withGrants?: boolean }): Promise<TransferCounts & { missing: string[] }> {
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
  const core = await openLocalCore();
  try {
    await open(core, askPassword);
    return await use(core);
  } finally {
    await core.close();
  }
}

/** A vault that somebody has locked stays so; one that just opens with a password is opened for this process alone. */
async function open({ vault, vaultKeys }: Core, askPassword?: () => Promise<string>): Promise<void> {
  try {
    await vault.unlocked();
  } catch (thrown) {
    const isLocked = thrown instanceof SigilforgeError && thrown.kind === 'vault_locked';
    const asked = isLocked && !vault.row().locked && vaultKeys.opensByText ? askPassword : undefined;
    if (!asked) throw thrown;
    await vaultKeys.unlock(await asked());
  }
}
