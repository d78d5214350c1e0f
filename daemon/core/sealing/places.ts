import { createHash } from 'node:crypto';
import type { AccountFields } from '../store/accounts.js';
import type { StoredProvider } from '../store/providers.js';
import type { SEALED_COLUMNS, SealedValue } from '../store/sealed.js';

/** Where a sealed value belongs within a vault. It opens nowhere else, so a place never changes its names. */
export interface Place {
  readonly table: string;
  readonly row: string;
  readonly column: string;
  /**
   * A digest of what decides where the value is sent and what for. Beside anything else it does not open, so that a database
   * which was altered sends it nowhere.
   */
  readonly bound?: string;
}

/** A place, in one vault. */
export interface VaultPlace extends Place {
  readonly vault: string;
}

/** An account with what decides where its secrets are sent: its client has the addresses, `minting` what its key signs. */
export type SteeredAccount = Pick<AccountFields, 'id' | 'kind' | 'flow' | 'client' | 'minting'>;

/** The same with the generation of its grant. */
export type SteeredGrant = SteeredAccount & Pick<AccountFields, 'generation'>;

type Table = keyof typeof SEALED_COLUMNS;
type Column<T extends Table> = (typeof SEALED_COLUMNS)[T][number];

function sealedColumn<T extends Table>(table: T, row: string, column: Column<T>): Place {
  return { table, row, column };
}

/** Every place there is. Those of a row are made from the row itself, so that none can leave out what the row says. */
export const place = {
  /** A sealed column of an account. */
  account: (account: SteeredAccount, column: Column<'accounts'>): Place => ({
    ...sealedColumn('accounts', account.id, column),
    bound: bindingOf(account),
  }),
  /** A provider's client secret, bound to the origins that it was given for. */
  provider: ({ id, secretOrigins }: Pick<StoredProvider, 'id' | 'secretOrigins'>): Place => ({
    ...sealedColumn('providers', id, 'client_secret'),
    bound: digest([secretOrigins]),
  }),
  /** A secret that is kept in the vault. */
  secret: (id: string): Place => sealedColumn('secrets', id, 'value'),
  /** Any of the above. */
  stored: (value: SealedValue): Place => {
    switch (value.table) {
      case 'accounts':
        return place.account(value, value.column);
      case 'providers':
        return place.provider(value);
      case 'secrets':
        return place.secret(value.id);
    }
  },
  /**
   * The vault's own key for fingerprints. `allBound`: from then on no value opens that could be bound and is not, so that
   * none of an older version comes back beside other addresses. Only a key of this vault can change that.
   */
  fingerprintKey: (allBound: boolean): Place => ({
    table: 'vault',
    row: '',
    column: 'fingerprint_key',
    ...(allBound && { bound: 'every value' }),
  }),
  /** The public key of a slot, sealed with a data key. */
  slotPublicKey: (slotId: string): Place => ({ table: 'key_slots', row: slotId, column: 'public_key' }),
  /** The private key of a slot, sealed with the slot's own key. */
  slotPrivateKey: (slotId: string): Place => ({ table: 'key_slots', row: slotId, column: 'private_key' }),
  /** A data key, wrapped for a slot. */
  wrappedKey: (slotId: string, keyId: string): Place => ({
    table: 'wrapped_keys',
    row: `${slotId}/${keyId}`,
    column: 'wrapped',
  }),
  /** A provider's answer in a rescue file, bound to the account that it is for. */
  rescue: (account: SteeredGrant): Place => ({
    table: 'rescue',
    row: account.id,
    column: String(account.generation),
    bound: bindingOf(account),
  }),
  /** The same for one that could not be read. */
  unread: (account: SteeredGrant, answerId: string): Place => ({
    table: 'rescue',
    row: account.id,
    column: `${account.generation}/unread/${answerId}`,
    bound: bindingOf(account),
  }),
  /** The content of an exported file. */
  export: (): Place => ({ table: 'export', row: '', column: 'content' }),
};

function bindingOf({ kind, flow, client, minting }: SteeredAccount): string {
  return digest([kind, flow, client, minting]);
}

/** SHA-256 of the texts as they are stored. A JSON list can be read in only one way, with any texts. */
function digest(texts: readonly (string | null)[]): string {
  return createHash('sha256').update(JSON.stringify(texts)).digest('base64url');
}
