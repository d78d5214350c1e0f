import * as v from 'valibot';
import { parseJson } from '../../../shared/json.js';
import type { UnreadAnswer } from '../oauth/failures/failure.js';
import { newId } from '../platform/id.js';
import { trace } from '../platform/trace.js';
import { place, type SteeredGrant } from '../sealing/places.js';
import type { StoredAccount, Version } from '../store/accounts.js';
import type { Env } from '../store/env.js';
import type { Vault } from '../vault/vault.js';
import { notWhatWasKept } from './rescue.js';
import type { SealedFiles } from './sealed-files.js';
import { untilDone } from './until-done.js';

/** An answer that is kept: for which grant, and which one of those that are kept for it. */
export interface KeptAnswer extends Version {
  readonly answerId: string;
}

const Kept = v.strictObject({
  sentAt: v.number(),
  status: v.number(),
  /** Name and value of each header that a body is read by. */
  headers: v.array(v.tuple([v.string(), v.string()])),
  /** Base64. */
  body: v.string(),
});

/** The headers that a body is read by. Others may hold secrets, and say nothing about it. */
const READ_BY = ['content-type', 'content-encoding', 'date'];
/** The most that is kept for one grant: a provider that answers with a page, for days, must not fill the disk. */
const MOST = 16;

/**
 * Answers to refreshes that could not be read although they may hold the next refresh token: sealed, each in a file, until
 * a newer version of Sigilforge can read them or the grant is over.
 */
export class UnreadAnswers {
  readonly #env: Env;
  readonly #files: SealedFiles;
  readonly #vault: Vault;
  readonly #ending = new AbortController();
  readonly #unwritten = new Set<Promise<void>>();

  constructor(env: Env, { files, vault }: { readonly files: SealedFiles; readonly vault: Vault }) {
    this.#env = env;
    this.#files = files;
    this.#vault = vault;
  }

  /** Keeps an answer: at once, or as soon as it can be written. Never throws. */
  async keep(account: StoredAccount, unread: UnreadAnswer): Promise<void> {
    const kept = { id: account.id, generation: account.generation, answerId: newId() };
    if (await this.#write(account, kept, unread)) return;
    const { service, account: name } = account;
    this.#env.log.error('refresh.answer_in_memory', { account: `${service}/${name}` });
    const releaseKeys = this.#vault.hold();
    const later = untilDone(() => this.#write(account, kept, unread), {
      ending: this.#ending.signal,
    }).finally(() => {
      releaseKeys();
      this.#unwritten.delete(later);
    });
    this.#unwritten.add(later);
  }

  /** Whether anything is kept for this grant. Never throws: a folder that cannot be read says nothing. */
  has(version: Version): boolean {
    return this.#keptFor(version).length > 0;
  }

  /** Throws `integrity` if the file is not what was written, or the account is not what it was written for. */
  async read(account: SteeredGrant, kept: KeptAnswer): Promise<UnreadAnswer | undefined> {
    const text = await this.#files.read(nameOf(kept), placeOf(account, kept));
    if (text === undefined) return undefined;
    const checked = v.safeParse(Kept, parseJson(text));
    if (!checked.success) throw notWhatWasKept();
    const { sentAt, status, headers, body } = checked.output;
    return {
      sentAt,
      answer: { status, headers: new Headers(headers), body: Buffer.from(body, 'base64') },
    };
  }

  /** What is kept, the newest last. */
  list(): KeptAnswer[] {
    return this.#files.names().flatMap((name) => {
      const [, id, generation, answerId] =
        /^([0-9a-f-]{36})\.(\d+)\.([0-9a-f-]{36})\.unread$/.exec(name) ?? [];
      return id === undefined || answerId === undefined
        ? []
        : [{ id, generation: Number(generation), answerId }];
    });
  }

  /** Bytes of the file, about a third more than the answer has. */
  size(kept: KeptAnswer): number {
    return this.#files.size(nameOf(kept));
  }

  remove(kept: KeptAnswer): void {
    this.#files.remove(nameOf(kept));
  }

  /** Seals again what is kept for an account, with the newest key. The caller holds its lease. Says how many files. */
  async reseal(account: SteeredGrant): Promise<number> {
    const kept = this.list().filter(({ id }) => id === account.id);
    for (const answer of kept) await this.#files.reseal(nameOf(answer), placeOf(account, answer));
    return kept.length;
  }

  /** Resolves once every answer is in a file, or the time of an ending process is over. */
  async end(): Promise<void> {
    this.#ending.abort();
    await Promise.allSettled(this.#unwritten);
  }

  #keptFor({ id, generation }: Version): KeptAnswer[] {
    try {
      return this.list().filter((kept) => kept.id === id && kept.generation === generation);
    } catch {
      return [];
    }
  }

  async #write(account: StoredAccount, kept: KeptAnswer, { answer, sentAt }: UnreadAnswer): Promise<boolean> {
    const content: v.InferOutput<typeof Kept> = {
      sentAt,
      status: answer.status,
      headers: READ_BY.flatMap((name) => {
        const value = answer.headers.get(name);
        return value === null ? [] : [[name, value] as [string, string]];
      }),
      body: answer.body.toString('base64'),
    };
    try {
      await this.#files.write(nameOf(kept), placeOf(account, kept), JSON.stringify(content));
    } catch {
      return false;
    }
    this.#prune(kept);
    trace('refresh.kept_unread', kept.id);
    this.#env.log.warn('refresh.answer_not_read', {
      account: `${account.service}/${account.account}`,
      status: answer.status,
    });
    return true;
  }

  /** The first answer may have spent the refresh token, and the newest may hold the living one: what is between goes first. */
  #prune(version: Version): void {
    const all = this.#keptFor(version);
    for (const kept of all.slice(1, 1 + Math.max(0, all.length - MOST))) this.remove(kept);
  }
}

function nameOf({ id, generation, answerId }: KeptAnswer): string {
  return `${id}.${generation}.${answerId}.unread`;
}

function placeOf(account: SteeredGrant, { generation, answerId }: KeptAnswer) {
  return place.unread({ ...account, generation }, answerId);
}
