import fs from 'node:fs';
import path from 'node:path';
import * as v from 'valibot';
import { isErrno } from '../../../shared/errno.js';
import { asSigilforgeError, SigilforgeError } from '../../../shared/errors.js';
import { parseJson } from '../../../shared/json.js';
import { Secret } from '../../../shared/secret.js';
import type { Granted } from '../oauth/exchange.js';
import { ensurePrivateFolder, pathError, writePrivateFile } from '../platform/files.js';
import { place } from '../sealing/places.js';
import type { Version } from '../store/accounts.js';
import type { Sealer, Vault } from '../vault/vault.js';

const optionalText = v.nullable(v.string());

const Rescued = v.strictObject({
  sentAt: v.number(),
  accessToken: optionalText,
  refreshToken: optionalText,
  tokenType: v.string(),
  expiresInS: v.nullable(v.number()),
  refreshExpiresInS: v.nullable(v.number()),
  scopes: v.nullable(v.array(v.string())),
});

/**
 * Answers that could not be stored, sealed, each in a file named after the account and the generation that it replaces.
 * The next holder of the account's lease adopts it, as long as the generation is still that one.
 */
export class Rescue {
  readonly #folder: string;
  readonly #vault: Vault;

  constructor(folder: string, vault: Vault) {
    this.#folder = folder;
    this.#vault = vault;
  }

  /** Returns once the answer is on the disk. */
  async write(version: Version, { tokens, sentAt }: Granted): Promise<void> {
    const content: v.InferOutput<typeof Rescued> = {
      sentAt,
      accessToken: tokens.accessToken?.reveal() ?? null,
      refreshToken: tokens.refreshToken?.reveal() ?? null,
      tokenType: tokens.tokenType,
      expiresInS: tokens.expiresInS,
      refreshExpiresInS: tokens.refreshExpiresInS,
      scopes: tokens.scopes,
    };
    const sealer = await this.#vault.forAnswer();
    ensurePrivateFolder(this.#folder);
    writePrivateFile(
      this.#file(version),
      sealer.sealAside(placeOf(version), new Secret(JSON.stringify(content))),
    );
  }

  /** The answer that was kept for this generation, or `undefined`. Throws `integrity` if the file is not what was written. */
  async read(version: Version): Promise<Granted | undefined> {
    const sealed = readIfAny(this.#file(version));
    if (!sealed) return undefined;
    const text = (await this.#vault.unlocked()).open(placeOf(version), sealed).reveal();
    const checked = v.safeParse(Rescued, parseJson(text));
    if (!checked.success) throw notWhatWasKept();
    const { sentAt, accessToken, refreshToken, ...rest } = checked.output;
    const secret = (value: string | null): Secret | undefined =>
      value === null ? undefined : new Secret(value);
    return {
      sentAt,
      tokens: {
        ...rest,
        accessToken: secret(accessToken),
        refreshToken: secret(refreshToken),
        idToken: undefined,
      },
    };
  }

  /** Seals again what is kept for an account, with the newest key. The caller holds its lease. Says how many files. */
  async reseal(accountId: string): Promise<number> {
    const versions = this.list().filter(({ id }) => id === accountId);
    const sealer = await this.#vault.unlocked();
    for (const version of versions) {
      const sealed = readIfAny(this.#file(version));
      if (sealed) writePrivateFile(this.#file(version), resealed(sealer, version, sealed));
    }
    return versions.length;
  }

  /** A file that cannot be removed does no harm: its generation is over, so it is never adopted. */
  remove(version: Version): void {
    try {
      fs.rmSync(this.#file(version), { force: true });
    } catch {
      // The next start tries again.
    }
  }

  /** Moves a file that cannot be adopted out of the way, without destroying it. */
  setAside(version: Version): void {
    fs.renameSync(this.#file(version), `${this.#file(version)}.refused`);
  }

  /** The accounts and generations that something is kept for. */
  list(): Version[] {
    const names = listIfAny(this.#folder);
    return names.flatMap((name) => {
      const [, id, generation] = /^([0-9a-f-]{36})\.(\d+)$/.exec(name) ?? [];
      return id === undefined ? [] : [{ id, generation: Number(generation) }];
    });
  }

  #file({ id, generation }: Version): string {
    return path.join(this.#folder, `${id}.${generation}`);
  }
}

function notWhatWasKept(): SigilforgeError {
  return new SigilforgeError('integrity', 'A file of an unstored answer is not what was written.');
}

/** A damaged file stays as it is: adopting it will find out. */
function resealed(sealer: Sealer, version: Version, sealed: Buffer): Buffer {
  try {
    return sealer.sealAside(placeOf(version), sealer.open(placeOf(version), sealed));
  } catch (thrown) {
    if (asSigilforgeError(thrown).kind === 'integrity') return sealed;
    throw thrown;
  }
}

function placeOf({ id, generation }: Version) {
  return place.rescue(id, generation);
}

function readIfAny(file: string): Buffer | undefined {
  try {
    return fs.readFileSync(file);
  } catch (thrown) {
    if (isErrno(thrown, 'ENOENT')) return undefined;
    // There may be an answer in it, and then the stored refresh token is spent.
    throw pathError(file, thrown);
  }
}

function listIfAny(folder: string): string[] {
  try {
    return fs.readdirSync(folder);
  } catch (thrown) {
    if (isErrno(thrown, 'ENOENT')) return [];
    throw thrown;
  }
}
