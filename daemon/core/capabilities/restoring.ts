import path from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { CapabilityDetails } from '../../../shared/contract/index.js';
import { SigilforgeError } from '../../../shared/errors.js';
import { MANIFEST_FILE } from '../../../shared/manifest.js';
import { Turns } from '../platform/turns.js';
import type { CapabilityStore, StoredFile, StoredVersion } from '../store/capabilities.js';
import type { ContentStore } from '../store/capability-contents.js';
import type { Env } from '../store/env.js';
import type { Vault } from '../vault/vault.js';
import type { Capability } from './capability.js';
import { MOST_KEPT_BYTES, sha256Of } from './contents.js';
import { digestOf, readReplaced } from './folder.js';
import { FolderHashes } from './folder-hashes.js';
import { checkManifest } from './manifest-file.js';
import { numberedVersion } from './numbered-version.js';
import { putBack } from './put-back.js';
import type { Registry } from './registry.js';
import { assertTrusted } from './sealed-version.js';
import { changedMeanwhile, type Trust } from './trust.js';

interface Collaborators {
  readonly vault: Vault;
  readonly store: CapabilityStore;
  readonly contents: ContentStore;
  readonly registry: Registry;
  readonly trust: Trust;
}

/** Puts trusted versions back. */
export class Restoring {
  readonly #env: Env;
  readonly #parts: Collaborators;
  /** Two at once would leave a mixture. */
  readonly #turns = new Turns();

  constructor(env: Env, collaborators: Collaborators) {
    this.#env = env;
    this.#parts = collaborators;
  }

  /**
   * Makes the folder what a version was, and trusts it. Throws `integrity` if the folder is no longer what `digest` says, or if
   * the version is not what a person trusted. All of that is judged before anything is changed; whatever stops it afterwards
   * leaves a folder that does not run, and a version that is kept.
   */
  restore(name: string, number: number, digest: string | undefined): Promise<CapabilityDetails> {
    return this.#turns.take(async () => {
      const capability = this.#parts.registry.find(name);
      const version = numberedVersion(this.#parts.store, capability, number);
      const files = await this.#provenFiles(capability, version);
      const found = await readReplaced(capability.path, new FolderHashes(this.#env.clock));
      if (digest !== undefined && digest !== digestOf(found))
        throw changedMeanwhile(name, `sigilforge capability restore ${name} ${number}`);
      await putBack(capability.path, {
        ...{ files, found },
        contentOf: (file) => this.#content(capability, version, file),
      });
      return this.#parts.trust.trust(name, version.digest);
    });
  }

  async #provenFiles(capability: Capability, version: StoredVersion): Promise<StoredFile[]> {
    const { store, contents, vault } = this.#parts;
    const files = store.files(version.id);
    assertTrusted(await vault.unlocked(), capability, version, files);
    if (!contents.hasAllOf(version.id)) throw notKept(capability, version);
    for (const file of files) {
      this.#content(capability, version, file);
      await nextTurn();
    }
    // A newer Sigilforge may refuse what an older one took.
    checkManifest(path.join(capability.path, MANIFEST_FILE), version.manifest, files);
    return files;
  }

  /** One at a time: several versions together may have much. */
  #content(capability: Capability, version: StoredVersion, { sha256 }: StoredFile): Buffer {
    const content = this.#parts.contents.find(capability.id, sha256);
    if (content === undefined || sha256Of(content) !== sha256) throw altered(capability, version);
    return content;
  }
}

function notKept({ name }: Capability, { number }: StoredVersion): SigilforgeError {
  return new SigilforgeError('not_found', `The files of version ${number} of ${name} are not kept.`, {
    hint: `Those of at most ${MOST_KEPT_BYTES / 1024 / 1024} MiB in all are. See which, with: sigilforge capability versions ${name}`,
  });
}

function altered({ name }: Capability, { number }: StoredVersion): SigilforgeError {
  return new SigilforgeError(
    'integrity',
    `What is kept of version ${number} of ${name} is not what was trusted.`,
    { hint: `Put its files there yourself, then trust them with: sigilforge capability trust ${name}` },
  );
}
