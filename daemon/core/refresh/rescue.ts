import * as v from 'valibot';
import { SigilforgeError } from '../../../shared/errors.js';
import { parseJson } from '../../../shared/json.js';
import { NamedFields } from '../../../shared/named-fields.js';
import { Secret } from '../../../shared/secret.js';
import type { Granted } from '../oauth/exchange.js';
import { place, type SteeredGrant } from '../sealing/places.js';
import type { Version } from '../store/accounts.js';
import type { SealedFiles } from './sealed-files.js';

const optionalText = v.nullable(v.string());

const Rescued = v.strictObject({
  sentAt: v.number(),
  accessToken: optionalText,
  refreshToken: optionalText,
  // Files of older versions do not have these two.
  idToken: v.optional(optionalText, null),
  fields: v.optional(NamedFields, {}),
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
  readonly #files: SealedFiles;

  constructor(files: SealedFiles) {
    this.#files = files;
  }

  /** Returns once the answer is on the disk. */
  write(account: SteeredGrant, { tokens, sentAt }: Granted): Promise<void> {
    const content: v.InferOutput<typeof Rescued> = {
      sentAt,
      accessToken: tokens.accessToken?.reveal() ?? null,
      refreshToken: tokens.refreshToken?.reveal() ?? null,
      idToken: tokens.idToken?.reveal() ?? null,
      fields: tokens.fields,
      tokenType: tokens.tokenType,
      expiresInS: tokens.expiresInS,
      refreshExpiresInS: tokens.refreshExpiresInS,
      scopes: tokens.scopes,
    };
    return this.#files.write(nameOf(account), place.rescue(account), JSON.stringify(content));
  }

  /**
   * The answer that was kept for this generation, or `undefined`. Throws `integrity` if the file is not what was written, or
   * the account is not what it was written for.
   */
  async read(account: SteeredGrant): Promise<Granted | undefined> {
    const text = await this.#files.read(nameOf(account), place.rescue(account));
    if (text === undefined) return undefined;
    const checked = v.safeParse(Rescued, parseJson(text));
    if (!checked.success) throw notWhatWasKept();
    const { sentAt, accessToken, refreshToken, idToken, ...rest } = checked.output;
    const secret = (value: string | null): Secret | undefined =>
      value === null ? undefined : new Secret(value);
    return {
      sentAt,
      tokens: {
        ...rest,
        accessToken: secret(accessToken),
        refreshToken: secret(refreshToken),
        idToken: secret(idToken),
      },
    };
  }

  /** Seals again what is kept for an account, with the newest key. The caller holds its lease. Says how many files. */
  async reseal(account: SteeredGrant): Promise<number> {
    const versions = this.list().filter(({ id }) => id === account.id);
    for (const { id, generation } of versions)
      await this.#files.reseal(nameOf({ id, generation }), place.rescue({ ...account, generation }));
    return versions.length;
  }

  remove(version: Version): void {
    this.#files.remove(nameOf(version));
  }

  /** Moves a file that cannot be adopted out of the way, without destroying it. */
  setAside(version: Version): void {
    this.#files.rename(nameOf(version), `${nameOf(version)}.refused`);
  }

  /** The accounts and generations that something is kept for. */
  list(): Version[] {
    return this.#files.names().flatMap((name) => {
      const [, id, generation] = /^([0-9a-f-]{36})\.(\d+)$/.exec(name) ?? [];
      return id === undefined ? [] : [{ id, generation: Number(generation) }];
    });
  }
}

export function notWhatWasKept(): SigilforgeError {
  return new SigilforgeError('integrity', 'A file of an unstored answer is not what was written.');
}

function nameOf({ id, generation }: Version): string {
  return `${id}.${generation}`;
}
