import { realpath } from 'node:fs/promises';
import path from 'node:path';
import type { CapabilityDetails, ResultOf } from '../../../shared/contract/index.js';
import { SigilforgeError } from '../../../shared/errors.js';
import { MANIFEST_FILE, readManifest } from '../../../shared/manifest.js';
import { timestamp } from '../platform/clock.js';
import { newId } from '../platform/id.js';
import { type Listed, pageOf } from '../platform/pages.js';
import type { CapabilityStore, ServiceWish, StoredCapability } from '../store/capabilities.js';
import type { ContentStore } from '../store/capability-contents.js';
import type { Env } from '../store/env.js';
import type { Vault } from '../vault/vault.js';
import type { Capability } from './capability.js';
import { contentsToKeep } from './contents.js';
import { detailsOf, infoOf } from './described.js';
import { digestOf, readFolder } from './folder.js';
import { FolderHashes } from './folder-hashes.js';
import { assertManifest, checkManifest, textOfManifest } from './manifest-file.js';
import { sealVersion } from './sealed-version.js';

interface Collaborators {
  readonly vault: Vault;
  readonly store: CapabilityStore;
  readonly contents: ContentStore;
}

const LISTED: Listed<Capability> = { name: 'capabilities', keyOf: ({ name }) => [name] };

/** The capabilities that are registered. */
export class Registry {
  readonly #env: Env;
  readonly #vault: Vault;
  readonly #store: CapabilityStore;
  readonly #contents: ContentStore;

  constructor(env: Env, { vault, store, contents }: Collaborators) {
    this.#env = env;
    this.#vault = vault;
    this.#store = store;
    this.#contents = contents;
  }

  /** Throws `already_exists` for a name that is in use, and what `readFolder` and `checkManifest` throw. */
  async register(folder: string): Promise<CapabilityDetails> {
    if (!path.isAbsolute(folder)) throw relative();
    const root = await realpath(folder).catch(() => folder);
    await assertManifest(root);
    const files = await readFolder(root, new FolderHashes(this.#env.clock));
    const text = await textOfManifest(root, files);
    const { manifest } = checkManifest(path.join(root, MANIFEST_FILE), text, files);
    const { name, version, active } = manifest;
    const contents = await contentsToKeep(root, files);
    const sealer = await this.#vault.unlocked();
    await this.#env.db.write(() => {
      if (this.#store.find(name)) throw taken(name);
      const now = timestamp(this.#env.clock.wall());
      const id = newId();
      this.#store.insert({
        id,
        name,
        path: root,
        active,
        service: 'created',
        createdAt: now,
        updatedAt: now,
      });
      const first = { id: newId(), capabilityId: id, number: 1, version, manifest: text };
      this.#store.addVersion(
        sealVersion(sealer, { ...first, digest: digestOf(files), trustedAt: now }),
        files,
      );
      this.#contents.put(id, contents);
    });
    return this.describe(name);
  }

  /** Those that are damaged hide no other. */
  list(cursor: string | undefined): ResultOf<'list_capabilities'> {
    const [whole, damaged] = [[], []] as [Capability[], string[]];
    for (const stored of this.#store.all()) {
      const capability = this.#withVersion(stored);
      if (capability) whole.push(capability);
      else damaged.push(stored.name);
    }
    const page = pageOf(LISTED, whole, infoOf, cursor);
    return {
      capabilities: page.items,
      ...(cursor === undefined && damaged.length > 0 && { damaged }),
      cursor: page.cursor,
    };
  }

  /** Also of those that are damaged. */
  names(): string[] {
    return this.#store.all().map(({ name }) => name);
  }

  describe(name: string): CapabilityDetails {
    return detailsOf(this.find(name), this.#store);
  }

  async setActive(name: string, active: boolean): Promise<CapabilityDetails> {
    const { id } = this.find(name);
    await this.#env.db.write(() => this.#store.setActive(id, active, timestamp(this.#env.clock.wall())));
    return this.describe(name);
  }

  /** What a person wants of a bot, also after another start of the daemon. */
  async setService(id: string, wish: ServiceWish): Promise<void> {
    await this.#env.db.write(() => this.#store.setService(id, wish));
  }

  /** Every one that is not damaged. */
  all(): Capability[] {
    return this.#store.all().flatMap((stored) => this.#withVersion(stored) ?? []);
  }

  /** Removes it with everything that is its own. Says whether it was there. */
  async remove(id: string): Promise<boolean> {
    const removed = await this.#env.db.write(() => this.#store.remove(id));
    await this.#env.db.truncateLog();
    return removed;
  }

  /** Throws `not_found`, and `integrity` if what is stored about it is damaged. */
  find(name: string): Capability {
    const capability = this.#withVersion(this.#row(name));
    if (capability) return capability;
    throw damaged(name);
  }

  /** Also of one that is damaged. Throws `not_found`. */
  idOf(name: string): string {
    return this.#row(name).id;
  }

  #row(name: string): StoredCapability {
    const stored = this.#store.find(name);
    if (stored) return stored;
    throw absent();
  }

  /** Inside a change, for one that was found before: it may have been removed meanwhile. Throws `not_found`. */
  assertKept({ id, name }: Pick<Capability, 'id' | 'name'>): void {
    if (this.#store.find(name)?.id !== id) throw absent();
  }

  /** `undefined` if it is damaged. */
  #withVersion(capability: StoredCapability): Capability | undefined {
    const stored = this.#store.latestVersion(capability.id);
    const read = stored && readManifest(stored.manifest);
    if (stored === undefined || read === undefined || 'faults' in read) return undefined;
    const { manifest } = read;
    return manifest.name === capability.name ? { ...capability, stored, manifest } : undefined;
  }
}

function relative(): SigilforgeError {
  return new SigilforgeError('invalid_params', 'path is not a whole path, from the root on.');
}

function taken(name: string): SigilforgeError {
  return new SigilforgeError('already_exists', `A capability is called ${name} already.`, {
    hint: `Take what is in its folder now with: sigilforge capability trust ${name}. Or remove it with: sigilforge capability remove ${name}`,
  });
}

/** The name is not repeated: the caller may have given a value instead. */
function absent(): SigilforgeError {
  return new SigilforgeError('not_found', 'There is no such capability.', {
    hint: 'List the capabilities with: sigilforge capability list',
  });
}

function damaged(name: string): SigilforgeError {
  return new SigilforgeError('integrity', `What is stored about the capability ${name} is damaged.`, {
    hint: `Remove it with: sigilforge capability remove ${name}. Then add it again.`,
  });
}
