import { setImmediate as nextTurn } from 'node:timers/promises';
import type { CheckedParamsOf, ResultOf } from '../../../shared/contract/index.js';
import { asSigilforgeError, SigilforgeError } from '../../../shared/errors.js';
import { parseJson } from '../../../shared/json.js';
import { timestamp } from '../platform/clock.js';
import { newId } from '../platform/id.js';
import { cursorAfter, isFull, keyAfter } from '../platform/pages.js';
import { place } from '../sealing/places.js';
import type { StoredItem } from '../store/capabilities.js';
import { ItemStore } from '../store/capability-data.js';
import type { Env } from '../store/env.js';
import type { Sealer, Vault } from '../vault/vault.js';
import type { Registry } from './registry.js';
import { readEntry, STORAGE_LIMITS, type StorageEntry, tooMuch } from './storage-entry.js';

interface Collaborators {
  readonly vault: Vault;
  readonly registry: Registry;
}

/** A call whose capability is known by now. */
type Named<P> = Omit<P, 'capability'> & { readonly capability: string };

const LIST = 'storage';
/** Entries that are read for a page. */
const PAGE = 100;
/** Values that are opened in one turn of the event loop. */
const SLICE = 500;

/** What capabilities keep for themselves: JSON values by their names. */
export class Storage {
  readonly #env: Env;
  readonly #vault: Vault;
  readonly #registry: Registry;
  readonly #store: ItemStore;

  constructor(env: Env, { vault, registry }: Collaborators) {
    this.#env = env;
    this.#vault = vault;
    this.#registry = registry;
    this.#store = new ItemStore(env.db);
  }

  async get({ capability, key }: Named<CheckedParamsOf<'storage_get'>>): Promise<ResultOf<'storage_get'>> {
    const { id } = this.#registry.find(capability);
    const sealer = await this.#vault.unlocked();
    const item = this.#store.find(id, key);
    return { key, value: item ? jsonIn(sealer, item) : null, version: item?.version ?? null };
  }

  async set({
    capability,
    key,
    value,
    expected_version,
  }: Named<CheckedParamsOf<'storage_set'>>): Promise<ResultOf<'storage_set'>> {
    const { id } = this.#registry.find(capability);
    const entry = readEntry(key, value);
    const sealer = await this.#vault.unlocked();
    const version = await this.#env.db.write(() => {
      this.#assertExpected(id, key, expected_version);
      const next = this.#put(sealer, id, entry);
      this.#assertRoom(id);
      return next;
    });
    await this.#env.db.truncateLog();
    return { key, version };
  }

  /** Says whether there was a value. */
  async delete({
    capability,
    key,
    expected_version,
  }: Named<CheckedParamsOf<'storage_delete'>>): Promise<boolean> {
    const { id } = this.#registry.find(capability);
    const deleted = await this.#env.db.write(() => {
      this.#assertExpected(id, key, expected_version);
      return this.#store.remove(id, key);
    });
    await this.#env.db.truncateLog();
    return deleted;
  }

  list({
    capability,
    prefix = '',
    cursor,
  }: Named<CheckedParamsOf<'storage_list'>>): ResultOf<'storage_list'> {
    const { id: capabilityId } = this.#registry.find(capability);
    const [after = ''] = cursor === undefined ? [] : keyAfter(LIST, cursor);
    const found = this.#store.page({ capabilityId, prefix, after, limit: PAGE + 1 });
    const items: ResultOf<'storage_list'>['items'] = [];
    let length = 0;
    for (const { key, version, bytes, updatedAt } of found.slice(0, PAGE)) {
      const item = { key, version, bytes, updated_at: updatedAt };
      length += Buffer.byteLength(JSON.stringify(item)) + 1;
      if (isFull(items, length)) break;
      items.push(item);
    }
    const last = found.length > items.length ? items.at(-1) : undefined;
    return { items, cursor: last ? cursorAfter(LIST, [last.key]) : null };
  }

  /**
   * Everything that a capability has stored, for a run. Values are read and opened in the same turn: a rotation in between
   * would have sealed them again.
   */
  async open(capabilityId: string): Promise<Readonly<Record<string, unknown>>> {
    const opened: [string, unknown][] = [];
    for (let after = ''; ; ) {
      const sealer = await this.#vault.unlocked();
      const items = this.#store.slice(capabilityId, after, SLICE);
      for (const item of items) opened.push([item.key, jsonIn(sealer, item)]);
      const last = items.at(-1);
      if (last === undefined || items.length < SLICE) return Object.fromEntries(opened);
      after = last.key;
      await nextTurn();
    }
  }

  /**
   * Stores what a run has changed, in one transaction, and touches nothing else; `null` deletes. Throws `limit_exceeded` or
   * `invalid_params`, and then nothing has changed.
   */
  async merge(capabilityId: string, changes: Readonly<Record<string, unknown>>): Promise<void> {
    // Any more than all keys there can be deleted, and all be set again, is too much; a result may have millions of them.
    if (Object.keys(changes).length > 2 * STORAGE_LIMITS.keys) throw tooMuch(`${STORAGE_LIMITS.keys} keys`);
    const deleted = Object.keys(changes).filter((key) => changes[key] === null);
    const entries = Object.entries(changes)
      .filter(([, value]) => value !== null)
      .map(([key, value]) => readEntry(key, value));
    if (deleted.length + entries.length === 0) return;
    const sealer = await this.#vault.unlocked();
    await this.#env.db.write(() => {
      for (const key of deleted) this.#store.remove(capabilityId, key);
      for (const entry of entries) this.#put(sealer, capabilityId, entry);
      this.#assertRoom(capabilityId);
    });
    await this.#env.db.truncateLog();
  }

  #put(sealer: Sealer, capabilityId: string, { key, json, bytes }: StorageEntry): number {
    const version = this.#store.nextVersion(capabilityId);
    if (version === undefined) throw removed();
    const now = timestamp(this.#env.clock.wall());
    const { id, createdAt } = this.#store.find(capabilityId, key) ?? { id: newId(), createdAt: now };
    const value = sealer.seal(place.capabilityItem({ id, capabilityId, key }), json);
    this.#store.put({ id, capabilityId, key, value, bytes, version, createdAt, updatedAt: now });
    return version;
  }

  #assertExpected(capabilityId: string, key: string, expected: number | undefined): void {
    if (expected === undefined) return;
    const { version = 0 } = this.#store.find(capabilityId, key) ?? {};
    if (version !== expected) throw changed(version, expected);
  }

  #assertRoom(capabilityId: string): void {
    const { count, bytes } = this.#store.size(capabilityId);
    if (count > STORAGE_LIMITS.keys) throw tooMuch(`${STORAGE_LIMITS.keys} keys`);
    if (bytes > STORAGE_LIMITS.bytes) throw tooMuch(`${STORAGE_LIMITS.bytes / 1024 / 1024} MiB`);
  }
}

/** Throws `integrity` for a value that is damaged. */
function jsonIn(sealer: Sealer, item: StoredItem): unknown {
  try {
    return parseJson(sealer.open(place.capabilityItem(item), item.value).reveal()) ?? null;
  } catch (thrown) {
    throw asSigilforgeError(thrown).kind === 'integrity' ? altered(item.key, thrown) : thrown;
  }
}

/** As JSON: the name may be any. */
function altered(key: string, cause: unknown): SigilforgeError {
  const sentence = `The stored value ${JSON.stringify(key)} of the capability is not what was stored.`;
  return new SigilforgeError('integrity', sentence, {
    hint: 'Delete it with storage_delete, or store it again with storage_set.',
    cause,
  });
}

function changed(version: number, expected: number): SigilforgeError {
  const now = version === 0 ? 'there is no value' : `it has version ${version}`;
  const then = expected === 0 ? 'none was expected' : `version ${expected} was expected`;
  return new SigilforgeError(
    'already_exists',
    `The stored value was changed meanwhile: ${now}, and ${then}.`,
    {
      hint: 'Read it again with storage_get, then store what follows from it.',
    },
  );
}

function removed(): SigilforgeError {
  return new SigilforgeError('not_found', 'The capability was removed meanwhile.', {
    hint: 'List the capabilities with: sigilforge capability list',
  });
}
