import { SigilforgeError } from '../../../shared/errors.js';
import type { ProviderSettings } from '../../../shared/provider.js';
import type { Grants } from '../accounts/grants.js';
import { timestamp } from '../platform/clock.js';
import type { Providers } from '../providers/providers.js';
import type { Secrets } from '../secrets/secrets.js';
import type { AccountStore } from '../store/accounts.js';
import type { Env } from '../store/env.js';
import { ProviderStore } from '../store/providers.js';
import { SecretStore } from '../store/secrets.js';
import type { Vault } from '../vault/vault.js';
import { collect, type LeftOut } from './collect.js';
import type { ExportedContent, ImportedContent } from './content.js';
import { decodeExport, encodeExport } from './export-file.js';
import { put } from './put.js';

/** How much an exported file holds. */
export interface TransferCounts {
  readonly secrets: number;
  readonly providers: number;
  readonly accounts: number;
}

interface Collaborators {
  readonly vault: Vault;
  readonly secrets: Secrets;
  readonly providers: Providers;
  readonly accounts: AccountStore;
  readonly grants: Grants;
}

/** The contents of the vault in one encrypted file, and back. */
export class Transfer {
  readonly #env: Env;
  readonly #vault: Vault;
  readonly #secrets: Secrets;
  readonly #providers: Providers;
  readonly #accounts: AccountStore;
  readonly #grants: Grants;
  readonly #providerStore: ProviderStore;
  readonly #secretStore: SecretStore;

  constructor(env: Env, { vault, secrets, providers, accounts, grants }: Collaborators) {
    this.#env = env;
    this.#vault = vault;
    this.#secrets = secrets;
    this.#providers = providers;
    this.#accounts = accounts;
    this.#grants = grants;
    this.#providerStore = new ProviderStore(env.db);
    this.#secretStore = new SecretStore(env.db);
  }

  /** The bytes of the file, what is in it and what was left out. */
  async export(
    passphrase: string,
    { withGrants }: { readonly withGrants: boolean },
  ): Promise<TransferCounts & LeftOut & { readonly bytes: Buffer }> {
    const { content, missing, damaged } = await collect(
      {
        vault: this.#vault,
        secrets: this.#secrets,
        providers: this.#providerStore,
        accounts: this.#accounts,
        grants: this.#grants,
        renewedSecret: (registration) => this.#providers.registeredSecretOf(registration),
      },
      { withGrants },
    );
    const bytes = await encodeExport(content, passphrase, timestamp(this.#env.clock.wall()));
    return { bytes, ...counts(content), missing, damaged };
  }

  /** Opens all of the file, and stores it unless it is only to be verified. */
  async import(
    bytes: Buffer,
    passphrase: string,
    { verify, force }: { readonly verify: boolean; readonly force: boolean },
  ): Promise<TransferCounts> {
    const content = await decodeExport(bytes, passphrase);
    assertNoDuplicates(content);
    if (!verify) await this.#store(content, { force });
    return counts(content);
  }

  async #store(content: ImportedContent, options: { readonly force: boolean }): Promise<void> {
    const collaborators = {
      vault: this.#vault,
      grants: this.#grants,
      secrets: this.#secretStore,
      providers: this.#providerStore,
      accounts: this.#accounts,
      secretOrigins: (id: string, settings: ProviderSettings) => this.#providers.secretOrigins(id, settings),
    };
    await put(this.#env, collaborators, content, options);
    // Secrets that were kept in the keychain are in the vault now.
    await this.#secrets.tend();
  }
}

function counts({ secrets, providers, accounts }: ExportedContent | ImportedContent): TransferCounts {
  return { secrets: secrets.length, providers: providers.length, accounts: accounts.length };
}

function assertNoDuplicates({ secrets, providers, accounts }: ImportedContent): void {
  const names = [
    ...secrets.map(({ key }) => `secret ${key}`),
    ...providers.map(({ id }) => `provider ${id}`),
    ...accounts.map(({ service, account }) => `account ${service}/${account}`),
  ];
  if (new Set(names).size === names.length) return;
  throw new SigilforgeError('integrity', 'The exported file names the same thing twice.', {
    hint: 'Export the vault again where it is: sigilforge vault export FILE',
  });
}
