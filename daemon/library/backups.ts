import type { VaultSlot } from '../../shared/contract/index.js';
import { resolvePaths } from '../../shared/paths.js';
import { makeBackup } from '../core/backups/backup.js';
import { restore } from '../core/backups/restore.js';
import { systemClock, timestamp } from '../core/platform/clock.js';
import { Leases } from '../core/store/lease.js';
import type { Summary } from '../core/store/summary.js';

/** What a backup holds, and what opens its vault. Times are ISO 8601 in UTC. */
export interface BackupContents {
  readonly vault: string | null;
  readonly schema_version: number;
  /** When something in it was last added, changed or refreshed. */
  readonly changed_at: string | null;
  readonly accounts: number;
  readonly secrets: number;
  readonly providers: number;
  readonly capabilities: number;
  /** How many of the secrets are kept in the keychain, so that only their names are here. */
  readonly keychain_secrets: number;
  /** Answers of providers that were not stored yet. */
  readonly unstored_answers: number;
  readonly opens_with: readonly VaultSlot['kind'][];
}

/**
 * Copies the vault of this environment into a file, sealed as it is, while other programs use it. With `exclusive` it fails
 * with EEXIST instead of replacing a file.
 */
export async function backupVault(
  file: string,
  { exclusive }: { readonly exclusive: boolean },
): Promise<BackupContents & { readonly bytes: number }> {
  const { answers, bytes, ...summary } = await makeBackup(resolvePaths(), file, {
    exclusive,
    clock: systemClock,
  });
  return { ...contents(summary, answers), bytes };
}

/**
 * Puts a backup in the place of the vault of this environment; without a file, an empty vault. The one that is there is kept
 * under another name. Without `force` it must be neither newer nor another one.
 */
export async function restoreVault({
  file,
  force,
}: {
  readonly file: string | undefined;
  readonly force: boolean;
}): Promise<BackupContents & { readonly parked: number; readonly replaced: string | null }> {
  const paths = resolvePaths();
  const done = await restore(paths, new Leases(paths.locks), { file, force, clock: systemClock });
  return { ...contents(done, done.files.length), parked: done.parked, replaced: done.replaced ?? null };
}

function contents(summary: Summary, answers: number): BackupContents {
  const { accounts, secrets, providers, capabilities } = summary;
  return {
    vault: summary.vaultId ?? null,
    schema_version: summary.schemaVersion,
    changed_at: summary.vaultId === undefined ? null : timestamp(summary.changedAt),
    ...{ accounts, secrets, providers, capabilities },
    keychain_secrets: summary.keychainSecrets,
    unstored_answers: answers,
    opens_with: [...new Set(summary.slots)],
  };
}
