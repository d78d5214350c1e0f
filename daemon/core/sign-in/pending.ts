import { setTimeout as delay } from 'node:timers/promises';
import { v7 as uuidv7 } from 'uuid';
import type { AccountInfo } from '../../../shared/contract/index.js';
import { SigilforgeError } from '../../../shared/errors.js';
import type { FlowKind } from '../../../shared/schemas.js';
import type { PendingFlow, Prompt } from '../oauth/flows/flow.js';

/** Which account a sign-in is for, and what tells it from another sign-in for the same account. */
export interface SignInKey {
  readonly service: string;
  readonly account: string;
  /** The parameters that it was begun with, as text. */
  readonly parameters: string;
}

/** A sign-in that waits for its person. */
export interface WaitingSignIn {
  readonly id: string;
  readonly kind: FlowKind;
  readonly prompt: Prompt;
}

interface SignIn extends WaitingSignIn {
  readonly key: SignInKey;
  readonly flow: PendingFlow;
  readonly result: Promise<AccountInfo>;
  /** Callers that began it or joined it, and have not given it up. */
  participants: number;
  /** Calls of `wait` that have not ended, also of those who only look on. */
  readonly waiting: Set<object>;
  ended: boolean;
}

/** What Node's timers hold; beyond it they would fire at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** How long an ended sign-in still answers to whoever waits for it. */
const REMEMBER_MS = 10 * 60 * 1000;

/** The sign-ins under way: at most one for each account, shared by everybody who asks for the same. */
export class SignIns {
  readonly #signIns = new Map<string, SignIn>();
  readonly #beginning = new Map<string, Promise<SignIn>>();

  /** Begins a sign-in, or joins the one that is under way with the same parameters. */
  async begin(
    key: SignInKey,
    start: () => Promise<PendingFlow>,
    stored: () => AccountInfo,
  ): Promise<WaitingSignIn> {
    const name = `${key.service}/${key.account}`;
    const beginning = this.#beginning.get(name);
    const current = beginning ? await beginning.catch(() => undefined) : this.#pending(key);
    if (current) return join(current, key);
    // Another one that waited for the same failure may have begun anew meanwhile.
    if (beginning) return this.begin(key, start, stored);
    const begun = this.#begin(key, start, stored).finally(() => this.#beginning.delete(name));
    this.#beginning.set(name, begun);
    return begun;
  }

  /**
   * The account once the sign-in is complete, or `undefined` after `timeoutMs`. Throws the error that ended it.
   * Who is gone while waiting has given the sign-in up.
   */
  async wait(id: string, timeoutMs: number, gone: AbortSignal): Promise<AccountInfo | undefined> {
    const signIn = this.#get(id);
    const waiter = {};
    const leave = (): void => this.#left(signIn, waiter);
    gone.addEventListener('abort', leave, { once: true });
    const timer = new AbortController();
    signIn.waiting.add(waiter);
    try {
      return await Promise.race([
        signIn.result,
        delay(Math.min(timeoutMs, LONGEST_TIMER_MS), undefined, { signal: timer.signal }),
      ]);
    } finally {
      timer.abort();
      gone.removeEventListener('abort', leave);
      signIn.waiting.delete(waiter);
    }
  }

  async complete(id: string, redirectUrl: string): Promise<AccountInfo> {
    const signIn = this.#get(id);
    if (!signIn.ended) await signIn.flow.complete(redirectUrl);
    return signIn.result;
  }

  /** Takes one participant away; the sign-in ends with the last one. Says whether it was still under way. */
  cancel(id: string): boolean {
    const signIn = this.#get(id);
    if (signIn.ended) return false;
    signIn.participants -= 1;
    if (signIn.participants <= 0) signIn.flow.cancel(cancelled());
    return true;
  }

  /** Somebody who waited is gone. Whoever still waits keeps the sign-in alive: nobody knows which of them began it. */
  #left(signIn: SignIn, waiter: object): void {
    signIn.waiting.delete(waiter);
    signIn.participants -= 1;
    if (signIn.participants <= 0 && signIn.waiting.size === 0) signIn.flow.cancel(cancelled());
  }

  /** Ends every sign-in; whoever waits for one gets `cancelled`. */
  close(): void {
    for (const { ended, flow } of this.#signIns.values()) {
      if (!ended) flow.cancel(cancelled());
    }
  }

  async #begin(
    key: SignInKey,
    start: () => Promise<PendingFlow>,
    stored: () => AccountInfo,
  ): Promise<SignIn> {
    const flow = await start();
    const result = flow.done.then(stored);
    const signIn: SignIn = {
      id: uuidv7(),
      kind: flow.kind,
      prompt: flow.prompt,
      key,
      flow,
      result,
      participants: 1,
      waiting: new Set(),
      ended: false,
    };
    this.#signIns.set(signIn.id, signIn);
    const end = (): void => {
      signIn.ended = true;
      setTimeout(() => this.#signIns.delete(signIn.id), REMEMBER_MS).unref();
    };
    result.then(end, end);
    return signIn;
  }

  #pending({ service, account }: SignInKey): SignIn | undefined {
    for (const signIn of this.#signIns.values()) {
      if (!signIn.ended && signIn.key.service === service && signIn.key.account === account) return signIn;
    }
    return undefined;
  }

  #get(id: string): SignIn {
    const signIn = this.#signIns.get(id);
    if (signIn) return signIn;
    throw new SigilforgeError('not_found', 'There is no such sign-in, or it ended a while ago.', {
      hint: 'Start it again with: sigilforge add-account SERVICE ACCOUNT',
    });
  }
}

function join(signIn: SignIn, key: SignInKey): WaitingSignIn {
  if (signIn.key.parameters !== key.parameters) {
    const sentence = `Another sign-in for ${key.service}/${key.account} is under way (${signIn.id}).`;
    throw new SigilforgeError('already_exists', sentence, {
      hint: 'Finish it, or give it up, before this one.',
    });
  }
  signIn.participants += 1;
  return signIn;
}

function cancelled(): SigilforgeError {
  return new SigilforgeError('cancelled', 'The sign-in was given up.');
}
