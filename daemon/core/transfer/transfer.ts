import { SigilforgeError } from '../../../shared/errors.js';
import type { Grants } from '../accounts/grants.js';
import { type Clock, timestamp } from '../platform/clock.js';
import type { Secrets } from '../secrets/secrets.js';
import type { AccountStore } from '../store/accounts.js';
import { ProviderStore } from '../store/providers.js';
import { SecretStore } from '../store/secrets.js';
import type { Sqlite } from '../store/sqlite.js';
import type { Vault } from '../vault/vault.js';
import { collect } from './collect.js';
import type { Content } from './content.js';
import { assertNoFile, decodeExport, encodeExport, readExport, writeExport } from './export-file.js';
import { put } from './put.js';

/** How much an exported file holds. */
export interface TransferCounts {
  readonly secrets: number;
  readonly providers: number;
  readonly accounts: number;
}

interface Parts {
  readonly db: Sqlite;
  readonly vault: Vault;
  readonly secrets: Secrets;
  readonly accounts: AccountStore;
  readonly grants: Grants;
  readonly clock: Clock;
}

/** The contents of the vault in one encrypted file, and back. */
export class Transfer {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Writes the file, and says what is in it; `missing`: secrets whose keychain items were removed by somebody else. */
  async export(
    file: string,
    passphrase: string,
    { withGrants, force }: { withGrants: boolean; force: boolean },
  ): Promise<TransferCounts & { missing: string[] }> {
    if (!force) await assertNoFile(file);
    const providers = new ProviderStore(this.#parts.db);
    const { content, missing } = await collect({ ...this.#parts, providers }, withGrants);
    const bytes = await encodeExport(content, passphrase, timestamp(this.#parts.clock.wall()));
    await writeExport(file, bytes, force);
    return { ...counts(content), missing };
  }

  /** Opens all of the file, and stores it unless it is only to be verified. */
  async import(
    file: string,
    passphrase: string,
    { verify, force }: { verify: boolean; force: boolean },
  ): Promise<TransferCounts> {
    const content = await decodeExport(await readExport(file), passphrase);
    assertNoneTwice(content);
    if (!verify) {
      const { db, secrets } = this.#parts;
      await put(
        { ...this.#parts, secrets: new SecretStore(db), providers: new ProviderStore(db) },
        content,
        force,
      );
      await secrets.tend();
    }
    return counts(content);
  }
}

function counts({ secrets, providers, accounts }: Content): TransferCounts {
  return { secrets: secrets.length, providers: providers.length, accounts: accounts.length };
}

function assertNoneTwice({ secrets, providers, accounts }: Content): void {
  const names = [
    ...secrets.map(({ key }) => `secret ${key}`),
    ...providers.map(({ id }) => `provider ${id}`),
    ...accounts.map(({ service, account }) => `account ${service}/${account}`),
  ];
  if (new Set(names).size === names.length) return;
  throw new SigilforgeError('integrity', 'The exported file names the same thing twice.');
}
