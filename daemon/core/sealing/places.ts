import { createHash } from 'node:crypto';
import type { AccountFields } from '../store/accounts.js';
import type { StoredAnchor } from '../store/audit.js';
import type { StoredGrant, StoredItem, StoredOwnSecret, StoredVersion } from '../store/capabilities.js';
import type { StoredProvider } from '../store/providers.js';
import type { StoredRegistered } from '../store/registered-clients.js';
import type { SEALED_COLUMNS, SealedValue } from '../store/sealed.js';
import type { StoredSecret } from '../store/secrets.js';

/** How much is authenticated with a sealed value, by its first byte. */
export type Format = 1 | 2;
export const NEWEST: Format = 2;

/** Where a sealed value belongs within a vault. It opens nowhere else, so a place never changes its names. */
export interface Place {
  readonly table: string;
  readonly row: string;
  readonly column: string;
  /**
   * A digest of what decides where the value is sent, what for, and under what name it is handed out. Beside anything else it
   * does not open, so that a database which was altered sends it nowhere. Values of the first format have none.
   */
  readonly bound?: string;
  /** The format since which there is such a value: in a vault that is older, an empty one stands for it. */
  readonly since?: Format;
}

/** A place, in one vault. */
export interface VaultPlace extends Place {
  readonly vault: string;
}

/**
 * An account with what decides where its secrets are sent, what for and for whom: its client has the addresses, `minting` what
 * its key signs.
 */
export type SteeredAccount = Pick<
  AccountFields,
  'id' | 'service' | 'account' | 'kind' | 'flow' | 'client' | 'minting' | 'askedScopes' | 'subject'
>;

/** The same with what is known about its access token. */
export type SteeredToken = SteeredAccount & Pick<AccountFields, 'tokenType' | 'latestEnd'>;

/** The same with the generation of its grant. */
export type SteeredGrant = SteeredAccount & Pick<AccountFields, 'generation'>;

type Table = keyof typeof SEALED_COLUMNS;
type Column<T extends Table> = (typeof SEALED_COLUMNS)[T][number];

function sealedColumn<T extends Table>(table: T, row: string, column: Column<T>): Place {
  return { table, row, column };
}

/** Every place there is. Those of a row are made from the row itself, so that none can leave out what the row says. */
export const place = {
  /** A sealed column of an account; an access token is bound to its type and its end as well. */
  account: (account: SteeredToken, column: Column<'accounts'>): Place => ({
    ...sealedColumn('accounts', account.id, column),
    bound: digest(column === 'access_token' ? [...steering(account), ...token(account)] : steering(account)),
  }),
  /** A provider's client secret, bound to the origins that it was given for. */
  clientSecret: ({ id, secretOrigins }: Pick<StoredProvider, 'id' | 'secretOrigins'>): Place => ({
    ...sealedColumn('providers', id, 'client_secret'),
    bound: digest([secretOrigins]),
  }),
  /** Proof that a person set these settings of a provider: nothing, bound to them. */
  settingsSeal: ({ id, settingsText }: Pick<StoredProvider, 'id' | 'settingsText'>): Place => ({
    ...sealedColumn('providers', id, 'settings_seal'),
    bound: digest([settingsText]),
    since: 2,
  }),
  /** What belongs to a client that was registered by itself, bound to its registration, which says where it is sent. */
  registeredClient: (
    { id, registrationText }: Pick<StoredRegistered, 'id' | 'registrationText'>,
    column: Column<'registered_clients'>,
  ): Place => ({
    ...sealedColumn('registered_clients', id, column),
    bound: digest([registrationText]),
  }),
  /** A secret that is kept in the vault, bound to its name. */
  secret: ({ id, key }: Pick<StoredSecret, 'id' | 'key'>): Place => ({
    ...sealedColumn('secrets', id, 'value'),
    bound: digest([key]),
  }),
  /** The key of the first row of the record, bound to where that row stands. */
  auditAnchor: ({ id, seq, mac, since }: Pick<StoredAnchor, 'id' | 'seq' | 'mac' | 'since'>): Place => ({
    ...sealedColumn('audit_anchor', id, 'sealed_key'),
    bound: digest([seq, mac.toString('hex'), since]),
  }),
  /** Proof that a person trusted this version of a capability: nothing, bound to its manifest and its files. */
  capabilityVersion: ({
    id,
    capabilityId,
    number,
    manifest,
    digest: ofFiles,
  }: Pick<StoredVersion, 'id' | 'capabilityId' | 'number' | 'manifest' | 'digest'>): Place => ({
    ...sealedColumn('capability_versions', id, 'seal'),
    bound: digest([capabilityId, number, manifest, ofFiles]),
  }),
  /** Proof that a person granted this to a capability: nothing, bound to both. */
  capabilityGrant: ({
    id,
    capabilityId,
    grant,
  }: Pick<StoredGrant, 'id' | 'capabilityId' | 'grant'>): Place => ({
    ...sealedColumn('capability_grants', id, 'seal'),
    bound: digest([capabilityId, grant]),
  }),
  /** A secret of a capability, bound to it and to its name. */
  capabilitySecret: ({
    id,
    capabilityId,
    key,
  }: Pick<StoredOwnSecret, 'id' | 'capabilityId' | 'key'>): Place => ({
    ...sealedColumn('capability_secrets', id, 'value'),
    bound: digest([capabilityId, key]),
  }),
  /** What a capability has stored, bound to it and to its name. */
  capabilityItem: ({ id, capabilityId, key }: Pick<StoredItem, 'id' | 'capabilityId' | 'key'>): Place => ({
    ...sealedColumn('capability_storage', id, 'value'),
    bound: digest([capabilityId, key]),
  }),
  /** Any of the above. */
  stored: (value: SealedValue): Place => {
    switch (value.table) {
      case 'accounts':
        return place.account(value, value.column);
      case 'providers':
        return value.column === 'settings_seal' ? place.settingsSeal(value) : place.clientSecret(value);
      case 'registered_clients':
        return place.registeredClient(value, value.column);
      case 'secrets':
        return place.secret(value);
      case 'audit_anchor':
        return place.auditAnchor(value);
      case 'capability_versions':
        return place.capabilityVersion(value);
      case 'capability_grants':
        return place.capabilityGrant(value);
      case 'capability_secrets':
        return place.capabilitySecret(value);
      case 'capability_storage':
        return place.capabilityItem(value);
    }
  },
  /**
   * The vault's own key for fingerprints. Its format is the least that is taken of any value: from then on none of an older
   * version comes back beside other addresses or under another name. Only a key of this vault can change that.
   */
  fingerprintKey: (format: Format): Place => ({
    table: 'vault',
    row: '',
    column: 'fingerprint_key',
    ...(format > 1 && { bound: 'every value' }),
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
    bound: digest(steering(account)),
  }),
  /** The same for one that could not be read. */
  unread: (account: SteeredGrant, answerId: string): Place => ({
    table: 'rescue',
    row: account.id,
    column: `${account.generation}/unread/${answerId}`,
    bound: digest(steering(account)),
  }),
  /** The content of an exported file. */
  export: (): Place => ({ table: 'export', row: '', column: 'content' }),
};

function steering(account: SteeredAccount): (string | null)[] {
  const { kind, flow, client, minting, service, account: name, askedScopes, subject } = account;
  return [kind, flow, client, minting, service, name, askedScopes, subject];
}

function token({ tokenType, latestEnd }: SteeredToken): (string | number | null)[] {
  return [tokenType, latestEnd];
}

/** SHA-256 of what is stored, as it is. A JSON list can be read in only one way, with any texts. */
function digest(texts: readonly (string | number | null)[]): string {
  return createHash('sha256').update(JSON.stringify(texts)).digest('base64url');
}
