import type { ResultOf } from '../../../shared/contract/index.js';
import { asSigilforgeError } from '../../../shared/errors.js';
import { accountClient } from '../accounts/account-client.js';
import type { Grants } from '../accounts/grants.js';
import { readTokenAnswer } from '../oauth/answers/token-answer.js';
import { timestamp } from '../platform/clock.js';
import { timeOf } from '../platform/id.js';
import { type Listed, type Page, pageOf } from '../platform/pages.js';
import { shieldFromSignals } from '../platform/signal-shield.js';
import type { Providers } from '../providers/providers.js';
import type { AccountStore, StoredAccount } from '../store/accounts.js';
import type { Env } from '../store/env.js';
import type { Vault } from '../vault/vault.js';
import type { Answer, Answers } from './answers.js';
import type { KeptAnswer, UnreadAnswers } from './unread-answers.js';

interface Collaborators {
  readonly store: AccountStore;
  readonly grants: Grants;
  readonly providers: Providers;
  readonly answers: Answers;
  readonly unread: UnreadAnswers;
  readonly vault: Vault;
}

type ListedAnswer = ResultOf<'list_unread_answers'>['answers'][number];

/** An answer that is kept for a grant that is still the same. */
interface Current {
  readonly account: StoredAccount;
  readonly kept: KeptAnswer;
}

/** The ids sort by time. */
const LISTED: Listed<Current> = { name: 'answers', keyOf: ({ kept }) => [kept.answerId] };

/** Answers that could not be read when they came: what is kept, and another try to read it, by a newer version. */
export class Rereading {
  readonly #env: Env;
  readonly #store: AccountStore;
  readonly #grants: Grants;
  readonly #providers: Providers;
  readonly #answers: Answers;
  readonly #unread: UnreadAnswers;
  readonly #vault: Vault;

  constructor(env: Env, { store, grants, providers, answers, unread, vault }: Collaborators) {
    this.#env = env;
    this.#store = store;
    this.#grants = grants;
    this.#providers = providers;
    this.#answers = answers;
    this.#unread = unread;
    this.#vault = vault;
  }

  /** What is kept for grants that are still the same. Reads no answer, and removes what is over. */
  list(cursor?: string): Page<ListedAnswer> {
    const answerOf = ({ account, kept }: Current): ListedAnswer => ({
      id: kept.answerId,
      service: account.service,
      account: account.account,
      received_at: timestamp(timeOf(kept.answerId)),
      bytes: this.#unread.size(kept),
    });
    return pageOf(LISTED, this.#current().sort(byTime), answerOf, cursor);
  }

  /** Reads each answer again, the newest first, and stores what it brings. Says which accounts have a new grant by it. */
  async retry(): Promise<ResultOf<'retry_unread_answers'>> {
    const recovered: { service: string; account: string }[] = [];
    for (const { account, kept } of this.#current().reverse()) {
      const read = await this.#underLease(account, kept).catch((thrown: unknown) => {
        const { kind } = asSigilforgeError(thrown);
        this.#env.log.error('refresh.answer_not_adopted', {
          account: `${account.service}/${account.account}`,
          kind,
        });
        return false;
      });
      if (read) recovered.push({ service: account.service, account: account.account });
    }
    return { recovered, unread: this.#current().length };
  }

  #current(): Current[] {
    return this.#unread.list().flatMap((kept) => {
      const account = this.#store.byId(kept.id);
      if (account?.generation === kept.generation) return [{ account, kept }];
      // Its grant is gone or has a successor: nothing can come of it any more.
      this.#unread.remove(kept);
      return [];
    });
  }

  async #underLease({ id }: StoredAccount, kept: KeptAnswer): Promise<boolean> {
    const lease = await this.#grants.lease(id);
    try {
      const account = this.#store.byId(id);
      if (account?.generation !== kept.generation) return false;
      const answer = await this.#reread(account, kept);
      if (!answer) return false;
      await shieldFromSignals(() => this.#vault.keepOpen(() => this.#answers.store(answer, lease)));
      this.#unread.remove(kept);
      this.#env.log.info('refresh.stored', { account: `${account.service}/${account.account}` });
      return true;
    } finally {
      if (!this.#answers.awaits(id)) lease.release();
    }
  }

  async #reread(account: StoredAccount, kept: KeptAnswer): Promise<Answer | undefined> {
    const unread = await this.#unread.read(account, kept);
    const client = await accountClient(account, { grants: this.#grants, providers: this.#providers });
    if (!unread || !client) return undefined;
    const { answer, sentAt } = unread;
    const read = readTokenAnswer(answer, client.registration, sentAt);
    if (read.kind !== 'tokens') return undefined;
    return { account, granted: { tokens: read.tokens, sentAt }, attemptId: undefined, client };
  }
}

function byTime(one: Current, other: Current): number {
  return one.kept.answerId < other.kept.answerId ? -1 : 1;
}
