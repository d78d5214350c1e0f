import path from 'node:path';
import type { CapabilityDetails, FileChange, ResultOf } from '../../../shared/contract/index.js';
import { asSigilforgeError, SigilforgeError } from '../../../shared/errors.js';
import { MANIFEST_FILE } from '../../../shared/manifest.js';
import { timestamp } from '../platform/clock.js';
import { newId } from '../platform/id.js';
import { type Listed, pageOf } from '../platform/pages.js';
import type { CapabilityStore, ListedVersion, StoredFile } from '../store/capabilities.js';
import type { ContentStore } from '../store/capability-contents.js';
import type { Env } from '../store/env.js';
import type { Vault } from '../vault/vault.js';
import type { Capability } from './capability.js';
import { contentsToKeep } from './contents.js';
import type { Copies } from './copies.js';
import { differences } from './differences.js';
import { digestOf, readFolder, readReplaced } from './folder.js';
import { FolderHashes } from './folder-hashes.js';
import { checkManifest, textOfManifest } from './manifest-file.js';
import { numberedVersion } from './numbered-version.js';
import type { Registry } from './registry.js';
import { assertTrusted, sealVersion } from './sealed-version.js';

interface Collaborators {
  readonly vault: Vault;
  readonly store: CapabilityStore;
  readonly contents: ContentStore;
  readonly registry: Registry;
  readonly copies: Copies;
}

/** So many changed files are named in an error. */
const NAMED = 20;

const LISTED: Listed<ListedVersion> = {
  name: 'capability_versions',
  // The newest first.
  keyOf: ({ number }) => [String(Number.MAX_SAFE_INTEGER - number)],
};

/** What of each capability may run: only what a person trusted. */
export class Trust {
  readonly #env: Env;
  readonly #vault: Vault;
  readonly #store: CapabilityStore;
  readonly #contents: ContentStore;
  readonly #registry: Registry;
  readonly #copies: Copies;
  /** Those of the folders of persons, by the id of the capability. */
  readonly #hashes = new Map<string, FolderHashes>();

  constructor(env: Env, { vault, store, contents, registry, copies }: Collaborators) {
    this.#env = env;
    this.#vault = vault;
    this.#store = store;
    this.#contents = contents;
    this.#registry = registry;
    this.#copies = copies;
  }

  /** What is in the folder now, beside what was trusted last, or beside another version, which a folder that is gone can get back. */
  async check(name: string, number?: number): Promise<ResultOf<'check_capability'>> {
    const { id, path: folder, stored } = this.#registry.find(name);
    const read = number === undefined ? readFolder : readReplaced;
    const version = number === undefined ? stored : numberedVersion(this.#store, { id, name }, number);
    const found = await read(folder, this.#hashesOf(id));
    return {
      changes: differences(this.#store.files(version.id), found),
      digest: digestOf(found),
      trusted_manifest: version.manifest,
      manifest: await textOfManifest(folder, found).catch(nullIfAbsent),
    };
  }

  /** Throws `integrity` if the folder is no longer what `digest` says. */
  async trust(name: string, digest: string | undefined): Promise<CapabilityDetails> {
    const { id, path: folder } = this.#registry.find(name);
    const found = await readFolder(folder, this.#hashesOf(id));
    const shown = digestOf(found);
    if (digest !== undefined && digest !== shown)
      throw changedMeanwhile(name, `sigilforge capability trust ${name}`);
    const text = await textOfManifest(folder, found);
    const { manifest } = checkManifest(path.join(folder, MANIFEST_FILE), text, found);
    if (manifest.name !== name) throw renamed(name, manifest.name);
    const contents = await contentsToKeep(folder, found);
    const sealer = await this.#vault.unlocked();
    await this.#env.db.write(() => {
      const latest = this.#store.latestVersion(id);
      if (latest?.digest === shown) return;
      const next = {
        id: newId(),
        capabilityId: id,
        number: (latest?.number ?? 0) + 1,
        version: manifest.version,
      };
      const trustedAt = timestamp(this.#env.clock.wall());
      this.#store.addVersion(
        sealVersion(sealer, { ...next, manifest: text, digest: shown, trustedAt }),
        found,
      );
      this.#contents.put(id, contents);
    });
    return this.#registry.describe(name);
  }

  versions(name: string, cursor: string | undefined): ResultOf<'list_capability_versions'> {
    const { id } = this.#registry.find(name);
    const page = pageOf(
      LISTED,
      this.#store.versions(id),
      ({ id: versionId, number, version, trustedAt, fileCount, manifest }) => ({
        ...{ number, version, trusted_at: trustedAt },
        ...{ file_count: fileCount, manifest, kept: this.#contents.hasAllOf(versionId) },
      }),
      cursor,
    );
    return { versions: page.items, cursor: page.cursor };
  }

  /**
   * The read-only copy of what is trusted, made if it is not there. Throws `integrity` with the list if the folder is not what
   * was trusted, or if what is stored was not trusted by a person.
   */
  async ready(capability: Capability): Promise<string> {
    const { id, name, path: source, stored } = capability;
    const files = await this.assertUnchanged(capability);
    return this.#copies.of({ capabilityId: id, name, source, digest: stored.digest, files });
  }

  /** The same without a copy, for a program that was started with one. */
  async assertUnchanged({ id, name, path: source, stored }: Capability): Promise<StoredFile[]> {
    const files = this.#store.files(stored.id);
    assertTrusted(await this.#vault.unlocked(), { name }, stored, files);
    const changes = differences(files, await this.#found({ id, name, path: source }));
    if (changes.length > 0) throw changed(name, changes);
    return files;
  }

  /** Removes the copies of what is no longer trusted or registered. No run is under way. */
  sweep(): void {
    const wanted = this.#store
      .all()
      .map(({ id }) => this.#store.latestVersion(id))
      .flatMap((version) => (version ? `${version.capabilityId}/${version.digest}` : []));
    this.#copies.sweep(new Set(wanted));
  }

  /** Of a capability that was removed. */
  forget(id: string): void {
    this.#hashes.delete(id);
    this.#copies.remove(id);
  }

  /** A folder that is gone has no files. What could not have been trusted is `integrity`: it came afterwards. */
  async #found({ id, name, path: source }: Pick<Capability, 'id' | 'name' | 'path'>): Promise<StoredFile[]> {
    try {
      return await readFolder(source, this.#hashesOf(id));
    } catch (thrown) {
      const { kind, message, hint } = asSigilforgeError(thrown);
      if (kind === 'not_found') return [];
      if (kind !== 'unsafe_path' && kind !== 'limit_exceeded') throw thrown;
      throw new SigilforgeError('integrity', `${notTrusted(name)}: ${message}`, { hint, cause: thrown });
    }
  }

  #hashesOf(id: string): FolderHashes {
    const hashes = this.#hashes.get(id) ?? new FolderHashes(this.#env.clock);
    this.#hashes.set(id, hashes);
    return hashes;
  }
}

function nullIfAbsent(thrown: unknown): null {
  if (['not_found', 'limit_exceeded', 'config'].includes(asSigilforgeError(thrown).kind)) return null;
  throw thrown;
}

function notTrusted(name: string): string {
  return `The files of the capability ${name} are not what was trusted`;
}

function changed(name: string, changes: readonly FileChange[]): SigilforgeError {
  const named = changes.slice(0, NAMED).map(({ path: file, change }) => `\n  ${change}: ${file}`);
  const rest = changes.length > NAMED ? `\n  and ${changes.length - NAMED} more` : '';
  return new SigilforgeError('integrity', `${notTrusted(name)}:${named.join('')}${rest}`, {
    hint: `See the changes and trust them with: sigilforge capability trust ${name}`,
  });
}

/** `command`: what shows them again. */
export function changedMeanwhile(name: string, command: string): SigilforgeError {
  return new SigilforgeError(
    'integrity',
    `The files of the capability ${name} were changed after they were shown.`,
    {
      hint: `See the changes again with: ${command}`,
    },
  );
}

function renamed(name: string, other: string): SigilforgeError {
  return new SigilforgeError('config', `The manifest calls it ${other}, and it is registered as ${name}.`, {
    hint: `Give it its name back, or remove it with: sigilforge capability remove ${name}, and add it again.`,
  });
}
