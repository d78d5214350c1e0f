import { randomBytes } from 'node:crypto';
import type {
  SecretRequestInfo,
  SecretRequestState,
  SecretRequestStatus,
} from '../../../shared/contract/index.js';
import { SigilforgeError } from '../../../shared/errors.js';
import type { WantedSecret } from '../../../shared/manifest.js';
import { Term } from '../../../shared/term.js';
import { timestamp } from '../platform/clock.js';
import { newId } from '../platform/id.js';
import { isSameText } from '../platform/same-text.js';
import { isSameWords, newWords } from './words.js';

/** So many times the words may be wrong. */
const MOST_WRONG = 3;

/** Who asks for what. */
export interface Asked {
  readonly capability: { readonly id: string; readonly name: string };
  readonly secrets: readonly WantedSecret[];
  /** Whether the caller shows the address of the page to a person. */
  readonly showsPage: boolean;
}

/** How a browser stands to a page: it is the one that opened it first, or the page cannot be shown to it. */
export type Visit =
  | { readonly kind: 'known' }
  /** The first opening: the browser is to keep this value. */
  | { readonly kind: 'bound'; readonly key: string }
  | { readonly kind: 'early' | 'over' };

/** One request for secrets, from when it is asked for until it is over. */
export class SecretRequest {
  readonly id = newId();
  /** By which its page is found: it cannot be guessed. */
  readonly path = randomBytes(32).toString('base64url');
  readonly asked: Asked;
  /** Resolves once it is over. */
  readonly over: Promise<void>;
  readonly #askedAt: number;
  readonly #words = newWords();
  #status: SecretRequestStatus = 'pending';
  #error: string | null = null;
  #term: Term | undefined;
  #stopWaiting = (): void => {};
  #isOver = (): void => {};
  /** What the browser that opened its page first keeps. */
  #key: string | undefined;
  #wrong = 0;
  /** How it ends if what is being stored cannot be stored. */
  #saving: { otherwise: () => void } | undefined;

  constructor(asked: Asked, askedAt: number) {
    this.asked = asked;
    this.#askedAt = askedAt;
    this.over = new Promise((resolve) => {
      this.#isOver = resolve;
    });
  }

  get status(): SecretRequestStatus {
    return this.#status;
  }

  get isOpen(): boolean {
    return this.#status === 'pending' && this.#term !== undefined;
  }

  /** The two words, once its turn has come: only for a person. */
  get words(): string | null {
    return this.#term === undefined ? null : this.#words;
  }

  get expiresAt(): string | null {
    return timestamp(this.#term?.endsAt ?? null);
  }

  get state(): SecretRequestState {
    return { request_id: this.id, status: this.#status, error: this.#error };
  }

  get info(): SecretRequestInfo {
    const { capability, secrets } = this.asked;
    return {
      id: this.id,
      capability: capability.name,
      secrets: secrets.map(({ name, description, obtain, obtain_instructions }) => ({
        ...{ name, description },
        ...{ obtain: obtain ?? null, obtain_instructions: obtain_instructions ?? null },
      })),
      words: this.words,
      asked_at: timestamp(this.#askedAt),
      expires_at: this.expiresAt,
    };
  }

  /** Its turn has come: from now on a person has so much time. */
  open(lifetimeMs: number): void {
    this.#term = Term.ofMs(lifetimeMs);
    this.#stopWaiting = this.#term.whenOver(() => this.end('expired', 'No person answered in time.'));
  }

  /** What was asked for is stored by `store`: whatever would end it meanwhile does so only if that fails. */
  async saveBy(store: () => Promise<void>): Promise<void> {
    if (this.#saving) throw savedElsewhere();
    const saving = { otherwise: (): void => {} };
    this.#saving = saving;
    try {
      await store();
      saving.otherwise = () => this.end('saved', null);
    } finally {
      this.#saving = undefined;
      saving.otherwise();
    }
  }

  /** Its end, unless it is over already. */
  end(status: Exclude<SecretRequestStatus, 'pending'>, error: string | null): void {
    if (this.#status !== 'pending') return;
    if (this.#saving) {
      this.#saving.otherwise = () => this.end(status, error);
      return;
    }
    this.#status = status;
    this.#error = error;
    this.#stopWaiting();
    this.#isOver();
  }

  /** A browser asks for its page. The first one is the only one: a second ends the request. */
  visit(key: string | undefined): Visit {
    if (this.#status !== 'pending') return { kind: 'over' };
    if (this.#term === undefined) return { kind: 'early' };
    if (this.#key === undefined) {
      this.#key = randomBytes(32).toString('base64url');
      return { kind: 'bound', key: this.#key };
    }
    if (this.isBound(key)) return { kind: 'known' };
    this.end('ended', 'Its page was opened a second time, by another browser or program.');
    return { kind: 'over' };
  }

  /** Whether this is what the browser keeps that opened its page first. */
  isBound(key: string | undefined): boolean {
    return this.#key !== undefined && key !== undefined && isSameText(key, this.#key);
  }

  /** Whether these are its words. After three that are not, it is over. */
  takesWords(words: string): boolean {
    if (!this.isOpen) return false;
    if (isSameWords(words, this.#words)) return true;
    this.#wrong += 1;
    if (this.#wrong >= MOST_WRONG) this.end('ended', `The words were wrong ${MOST_WRONG} times.`);
    return false;
  }

  /** How often the words may still be wrong. */
  get triesLeft(): number {
    return MOST_WRONG - this.#wrong;
  }
}

function savedElsewhere(): SigilforgeError {
  return new SigilforgeError('invalid_params', 'This request is being answered already.', {
    hint: 'See what still waits with: sigilforge secret requests',
  });
}
