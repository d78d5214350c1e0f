import { randomBytes } from 'node:crypto';
import type { ResultOf } from '../../../shared/contract/index.js';
import { asSigilforgeError, SigilforgeError } from '../../../shared/errors.js';
import { newId } from '../platform/id.js';
import { trace } from '../platform/trace.js';
import { type Format, NEWEST, place } from '../sealing/places.js';
import { beginningOf, formatOf, KEY_BYTES, keyIdOf } from '../sealing/sealing.js';
import type { AccountStore, StoredAccount } from '../store/accounts.js';
import type { Env } from '../store/env.js';
import type { Lease } from '../store/lease.js';
import {
  type Part,
  SEALED_COLUMNS,
  SealedStore,
  type SealedTable,
  type SealedValue,
} from '../store/sealed.js';
import type { StoredSlot, StoredVault } from '../store/vault.js';
import type { KeyRing } from './key-ring.js';
import { damagedSlot } from './slots/damaged-slot.js';
import { wrapFor } from './slots/slots.js';
import type { Vault } from './vault.js';

interface Collaborators {
  readonly vault: Vault;
  readonly accounts: AccountStore;
  /** The right to change an account's grant. */
  readonly lease: (accountId: string) => Promise<Lease>;
  /** Seals again what is kept in files for an account; the caller holds its lease. Resolves to the number of files. */
  readonly resealFiles: (account: StoredAccount) => Promise<number>;
  /** Removes copies of the database, in which the older key still opens everything. */
  readonly removeCopies: () => void;
}

/** How a pass over all values gets the right to change an account. */
interface Pass {
  /** `undefined`: this account is passed over. */
  readonly lease: (accountId: string) => Promise<Lease | undefined>;
  /** Checked before each transaction. */
  readonly isOver: () => boolean;
  /** Values that did not open, which are left as they are. */
  readonly damaged: Map<string, SealedValue>;
}

/** The tables whose values need no lease. */
const OTHERS = [
  'providers',
  'registered_clients',
  'secrets',
  'audit_anchor',
  'capability_versions',
  'capability_grants',
  'capability_secrets',
  'capability_storage',
] as const satisfies readonly SealedTable[];

/** How many values one transaction seals, so that no other write waits long. */
const BATCH = 64;

/**
 * A new data key for everything. First it is wrapped for every slot and becomes the current one, in one transaction; from
 * then on every process seals new values with it. Then stored values are sealed again, each account under its lease: an
 * exchange that began before keeps the older key for as long as it holds the lease. The older key is removed in the
 * transaction that finds nothing left under it. The next rotation continues one that was interrupted anywhere.
 *
 * Values of versions that bound them to less, or to nothing, are sealed again in the same way, under the current key. The
 * transaction that finds none left says so in the vault; from then on such a value is refused.
 */
export class Rotation {
  readonly #env: Env;
  readonly #vault: Vault;
  readonly #accounts: AccountStore;
  readonly #lease: Collaborators['lease'];
  readonly #resealFiles: Collaborators['resealFiles'];
  readonly #removeCopies: Collaborators['removeCopies'];
  readonly #sealed: SealedStore;

  constructor(env: Env, { vault, accounts, lease, resealFiles, removeCopies }: Collaborators) {
    this.#env = env;
    this.#vault = vault;
    this.#accounts = accounts;
    this.#lease = lease;
    this.#resealFiles = resealFiles;
    this.#removeCopies = removeCopies;
    this.#sealed = new SealedStore(env.db);
  }

  /** Whether something may be left under an older key, or may be in an older format. */
  get isUnfinished(): boolean {
    return this.#vault.store.keyIds().length > 1 || formatOfAll(this.#vault.row()) !== NEWEST;
  }

  /** Finishes an interrupted rotation first. The caller holds the keys' lease. */
  async rotate(): Promise<ResultOf<'vault_rotate'>> {
    const before = this.isUnfinished ? (await this.finish()).resealed : 0;
    await this.#makeKey(await this.#vault.ring());
    trace('rotate.wrapped');
    const { key_id, resealed } = await this.finish();
    return { key_id, resealed: before + resealed };
  }

  /**
   * Seals again everything that is left under an older key, and removes the older key. Throws `integrity`, once everything
   * else is done, if a value under the older key does not open: then that key is kept.
   */
  async finish(): Promise<ResultOf<'vault_rotate'>> {
    let resealed = 0;
    const hasOlderKey = this.#vault.store.keyIds().length > 1;
    const pass: Pass = { lease: this.#lease, isOver: () => false, damaged: new Map() };
    do resealed += await this.#resealEverything(pass);
    while (!(await this.#retire(pass.damaged)));
    trace('rotate.retired');
    await this.#env.db.truncateLog();
    if (hasOlderKey) this.#removeCopies();
    const ring = await this.#vault.ring();
    const [kept] = [...pass.damaged.values()].filter(({ sealed }) => this.#isOfOlderKey(sealed));
    if (kept) throw this.#keyKept(kept);
    return { key_id: ring.currentKey().id, resealed };
  }

  /** The same, as much as can be done without waiting for another process, and until `isOver`. */
  async advance(isOver: () => boolean): Promise<void> {
    const lease = async (id: string): Promise<Lease | undefined> => this.#env.leases.tryTake(id);
    const damaged: Pass['damaged'] = new Map();
    await this.#resealEverything({ lease, isOver, damaged });
    if (!isOver()) await this.#retire(damaged);
  }

  #makeKey(ring: KeyRing): Promise<void> {
    const { store } = this.#vault;
    const next = { id: newId(), key: randomBytes(KEY_BYTES) };
    return this.#env.db.write(() => {
      const { id: vault, fingerprintKey: sealedFingerprintKey } = this.#vault.row();
      const fingerprintPlace = place.fingerprintKey(formatOfAll(this.#vault.row()));
      const fingerprintKey = ring.openBytes(fingerprintPlace, sealedFingerprintKey);
      const stored = store.slots();
      const slots = stored.map((slot) => ({
        vault,
        id: slot.id,
        publicKey: publicKeyOf(ring, slot, stored),
      }));
      for (const slot of slots) store.addKey(wrapFor(slot, next));
      store.setCurrentKey(next.id, ring.sealBytes(fingerprintPlace, fingerprintKey, next));
      for (const { id, publicKey } of slots)
        store.setPublicKey(id, ring.sealBytes(place.slotPublicKey(id), publicKey, next));
      trace('rotate.wrapping');
      ring.add(next);
    });
  }

  async #resealEverything(pass: Pass): Promise<number> {
    const accounts = await this.#resealAccounts(pass);
    let others = 0;
    for (const table of OTHERS) others += await this.#resealAll(table, pass);
    return accounts + others;
  }

  /** Every account, also one that has nothing sealed: a file may be kept for it. */
  async #resealAccounts(pass: Pass): Promise<number> {
    let resealed = 0;
    for (const { id } of this.#accounts.list()) {
      if (pass.isOver()) return resealed;
      const lease = await pass.lease(id);
      if (!lease) continue;
      try {
        const limit = SEALED_COLUMNS.accounts.length;
        resealed += (await this.#reseal('accounts', { id, limit }, pass.damaged)).count;
        const account = this.#accounts.byId(id);
        if (account) resealed += await this.#resealFiles(account);
      } finally {
        lease.release();
      }
    }
    return resealed;
  }

  async #resealAll(table: SealedTable, { isOver, damaged }: Pass): Promise<number> {
    let resealed = 0;
    let after: string | undefined = '';
    while (after !== undefined && !isOver()) {
      const batch = await this.#reseal(table, { after, limit: BATCH }, damaged);
      resealed += batch.count;
      after = batch.last;
    }
    return resealed;
  }

  /** Seals a part of the values again. `count`: how many; `last`: the last row that was found, if there was one. */
  async #reseal(
    table: SealedTable,
    part: Part,
    damaged: Pass['damaged'],
  ): Promise<{ count: number; last: string | undefined }> {
    const ring = await this.#vault.ring();
    const result = await this.#env.db.write(() => {
      const found = this.#sealed.outdated(table, beginningOf(ring.currentKey().id), part);
      const opened = found.filter((value) => this.#resealValue(ring, value, damaged));
      if (opened.length > 0) trace('rotate.resealing');
      return { count: opened.length, last: found.at(-1)?.id };
    });
    if (result.count > 0) trace('rotate.resealed');
    return result;
  }

  /** Whether the value opened, and is sealed again. A damaged one stays, and does not keep the others from it. */
  #resealValue(ring: KeyRing, value: SealedValue, damaged: Pass['damaged']): boolean {
    const where = place.stored(value);
    try {
      this.#sealed.replace(value, ring.sealBytes(where, ring.openBytes(where, value.sealed)));
      return true;
    } catch (thrown) {
      if (asSigilforgeError(thrown).kind !== 'integrity') throw thrown;
      damaged.set(nameOf(value), value);
      return false;
    }
  }

  /**
   * Removes the older keys, and says that every value has the newest format, unless something else was stored meanwhile. Keys that
   * damaged values name are kept: what those are beside may be restored one day.
   */
  async #retire(damaged: Pass['damaged']): Promise<boolean> {
    const ring = await this.#vault.ring();
    return this.#env.db.write(() => {
      const { currentKeyId, fingerprintKey } = this.#vault.row();
      const left = this.#outdated(currentKeyId, damaged.size + 1);
      if (left.some((value) => !damaged.has(nameOf(value)))) return false;
      if (!left.some(({ sealed }) => this.#isOfOlderKey(sealed)))
        this.#vault.store.removeOtherKeys(currentKeyId);
      const format = formatOfAll(this.#vault.row());
      if (format !== NEWEST) {
        const opened = ring.openBytes(place.fingerprintKey(format), fingerprintKey);
        this.#vault.store.setCurrentKey(currentKeyId, ring.sealBytes(place.fingerprintKey(NEWEST), opened));
      }
      trace('rotate.retiring');
      return true;
    });
  }

  #outdated(keyId: string, limit: number): SealedValue[] {
    const tables = Object.keys(SEALED_COLUMNS) as SealedTable[];
    return tables.flatMap((table) => this.#sealed.outdated(table, beginningOf(keyId), { limit }));
  }

  /** Whether a value names a key of this vault other than the current one. */
  #isOfOlderKey(sealed: Buffer): boolean {
    const keyId = keyIdOf(sealed);
    return (
      keyId !== undefined &&
      keyId !== this.#vault.row().currentKeyId &&
      this.#vault.store.keyIds().includes(keyId)
    );
  }

  #keyKept(value: SealedValue): SigilforgeError {
    const account = value.table === 'accounts' ? this.#accounts.byId(value.id) : undefined;
    const name = account ? `the account ${account.service}/${account.account}` : describe(value);
    return new SigilforgeError(
      'integrity',
      `Everything has the new key except ${name}, which is damaged, so the older key is kept.`,
      {
        hint: 'Restore it from a backup or remove it, and then: sigilforge vault rotate',
      },
    );
  }
}

/** The format that every value has at least: the one of the vault's own key. */
function formatOfAll({ fingerprintKey }: StoredVault): Format {
  return formatOf(fingerprintKey) ?? NEWEST;
}

/** A slot that cannot get the new key would open nothing from then on, so it is named instead. */
function publicKeyOf(ring: KeyRing, slot: StoredSlot, slots: readonly StoredSlot[]): Buffer {
  try {
    return ring.openBytes(place.slotPublicKey(slot.id), slot.publicKey);
  } catch (thrown) {
    throw asSigilforgeError(thrown).kind === 'integrity' ? damagedSlot(slot, slots, thrown) : thrown;
  }
}

/** For a person. */
function describe(value: SealedValue): string {
  switch (value.table) {
    case 'accounts':
      return 'an account';
    case 'providers':
      return `the provider ${value.id}`;
    case 'registered_clients':
      return `the client that is registered at ${value.id}`;
    case 'secrets':
      return 'a secret';
    case 'audit_anchor':
      return 'the first key of the audit';
    case 'capability_versions':
      return 'a version of a capability';
    case 'capability_grants':
      return `the grant ${value.grant} of a capability`;
    case 'capability_secrets':
      return `the secret ${value.key} of a capability`;
    case 'capability_storage':
      return 'a stored value of a capability';
  }
}

function nameOf({ table, id, column }: SealedValue): string {
  return `${table}/${id}/${column}`;
}
