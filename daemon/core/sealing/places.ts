import type { SEALED_COLUMNS } from '../store/sealed.js';

/** Where a sealed value belongs within a vault. It opens nowhere else, so a place never changes its names. */
export interface Place {
  readonly table: string;
  readonly row: string;
  readonly column: string;
}

/** A place, in one vault. */
export interface VaultPlace extends Place {
  readonly vault: string;
}

type Table = keyof typeof SEALED_COLUMNS;
type Column<T extends Table> = (typeof SEALED_COLUMNS)[T][number];

function sealedColumn<T extends Table>(table: T, row: string, column: Column<T>): Place {
  return { table, row, column };
}

/** Every place there is. */
export const place = {
  /** A sealed column of an account. */
  account: (id: string, column: Column<'accounts'>): Place => sealedColumn('accounts', id, column),
  /** A provider's client secret. */
  provider: (id: string): Place => sealedColumn('providers', id, 'client_secret'),
  /** A secret that is kept in the vault. */
  secret: (id: string): Place => sealedColumn('secrets', id, 'value'),
  /** The vault's own key for fingerprints. */
  fingerprintKey: (): Place => ({ table: 'vault', row: '', column: 'fingerprint_key' }),
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
  /** A provider's answer in a rescue file. */
  rescue: (accountId: string, generation: number): Place => ({
    table: 'rescue',
    row: accountId,
    column: String(generation),
  }),
  /** A provider's answer that could not be read. */
  unread: (accountId: string, generation: number, answerId: string): Place => ({
    table: 'rescue',
    row: accountId,
    column: `${generation}/unread/${answerId}`,
  }),
  /** The content of an exported file. */
  export: (): Place => ({ table: 'export', row: '', column: 'content' }),
};
