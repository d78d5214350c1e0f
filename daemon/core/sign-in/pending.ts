import { setTimeout as delay } from 'node:timers/promises';
import type { AccountInfo } from '../../../shared/contract/index.js';
import { SigilforgeError } from '../../../shared/errors.js';
import { MAX_TIMER_MS } from '../../../shared/limits.js';
import type { FlowKind } from '../../../shared/schemas.js';
import type { PendingFlow, Prompt } from '../oauth/flows/flow.js';
import { newId } from '../platform/id.js';

/** Which account a sign-in is for, and what distinguishes it from another sign-in for the same account. */
export interface SignInKey {
  readonly service: string;
  readonly account: string;
  /** The parameters that it was started with, as text. */
  readonly parameters: string;
}

/** What a sign-in has stored. */
export interface StoredSignIn {
  readonly account: AccountInfo;
  /** Sentences for the person about it. */
  readonly notices: string[];
}

/** A sign-in that waits for its person. */
export interface WaitingSignIn {
  readonly id: string;
  readonly kind: FlowKind;
  readonly prompt: Prompt;
}

interface PendingSignIn extends WaitingSignIn {
  readonly key: SignInKey;
  readonly flow: PendingFlow;
  readonly result: Promise<StoredSignIn>;
  /** Callers that started or joined it, and have not given it up. */
  participants: number;
  /** Calls of `wait` that have not ended, including those of callers that only watch. */
  readonly waiting: Set<object>;
  ended: boolean;
}

/** How long an ended sign-in can still be asked for its result. */
const REMEMBER_MS = 10 * 60 * 1000;

/** The sign-ins under way: at most one for each account, shared by all callers that ask for the same. */
export class PendingSignIns {
  readonly #signIns = new Map<string, PendingSignIn>();
  readonly #beginning = new Map<string, Promise<PendingSignIn>>();

  /** Begins a sign-in, or joins the one that is under way with the same parameters. */
  async begin(
    key: SignInKey,
    start: () => Promise<PendingFlow>,
    stored: () => StoredSignIn,
  ): Promise<WaitingSignIn> {
    const name = `${key.service}/${key.account}`;
    const beginning = this.#beginning.get(name);
    const current = beginning ? await beginning.catch(() => undefined) : this.#pending(key);
    if (current) return join(current, key);
    // Another caller that waited for the same failure may have started again meanwhile.
    if (beginning) return this.begin(key, start, stored);
    const begun = this.#begin(key, start, stored).finally(() => this.#beginning.delete(name));
    this.#beginning.set(name, begun);
    return begun;
  }

  /**
   * What is stored once the sign-in is complete, or `undefined` after `timeoutS` seconds. Throws the error that ended it.
   * A caller that disconnects while waiting (`gone`) has abandoned the sign-in.
   */
  async wait(id: string, timeoutS: number, gone: AbortSignal): Promise<StoredSignIn | undefined> {
    const signIn = this.#get(id);
    const waiter = {};
    const leave = (): void => this.#leave(signIn, waiter);
    gone.addEventListener('abort', leave, { once: true });
    const timer = new AbortController();
    signIn.waiting.add(waiter);
    try {
      return await Promise.race([
        signIn.result,
        delay(Math.min(timeoutS * 1000, MAX_TIMER_MS), undefined, { signal: timer.signal }),
      ]);
    } finally {
      timer.abort();
      gone.removeEventListener('abort', leave);
      signIn.waiting.delete(waiter);
    }
  }

  async complete(id: string, redirectUrl: string): Promise<StoredSignIn> {
    const signIn = this.#get(id);
    if (!signIn.ended) await signIn.flow.complete(redirectUrl);
    return signIn.result;
  }

  /** Takes one participant away; the sign-in ends when the last one leaves. Says whether it was still under way. */
  cancel(id: string): boolean {
    const signIn = this.#get(id);
    if (signIn.ended) return false;
    signIn.participants -= 1;
    if (signIn.participants <= 0) end(signIn);
    return true;
  }

  /** A waiting caller is gone. Other waiting callers keep the sign-in alive: any of them may have started it. */
  #leave(signIn: PendingSignIn, waiter: object): void {
    signIn.waiting.delete(waiter);
    signIn.participants -= 1;
    if (signIn.participants <= 0 && signIn.waiting.size === 0) end(signIn);
  }

  /** Ends every sign-in: callers that wait for one get `cancelled`. */
  close(): void {
    for (const signIn of this.#signIns.values()) {
      if (!signIn.ended) end(signIn);
    }
  }

  async #begin(
    key: SignInKey,
    start: () => Promise<PendingFlow>,
    stored: () => StoredSignIn,
  ): Promise<PendingSignIn> {
    const flow = await start();
    const result = flow.done.then(stored);
    const signIn: PendingSignIn = {
      id: newId(),
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
    const forget = (): void => {
      signIn.ended = true;
      setTimeout(() => this.#signIns.delete(signIn.id), REMEMBER_MS).unref();
    };
    result.then(forget, forget);
    return signIn;
  }

  #pending({ service, account }: SignInKey): PendingSignIn | undefined {
    for (const signIn of this.#signIns.values()) {
      if (!signIn.ended && signIn.key.service === service && signIn.key.account === account) return signIn;
    }
    return undefined;
  }

  #get(id: string): PendingSignIn {
    const signIn = this.#signIns.get(id);
    if (signIn) return signIn;
    throw new SigilforgeError('not_found', 'There is no such sign-in, or it ended a while ago.', {
      hint: 'Start it again with: sigilforge add-account SERVICE ACCOUNT',
    });
  }
}

function join(signIn: PendingSignIn, key: SignInKey): WaitingSignIn {
  if (signIn.key.parameters !== key.parameters) {
    const sentence = `Another sign-in for ${key.service}/${key.account} is under way (${signIn.id}).`;
    throw new SigilforgeError('already_exists', sentence, {
      hint: 'Finish or cancel it before you start this one.',
    });
  }
  signIn.participants += 1;
  return signIn;
}

/** It has ended from now on: a caller that asks for the same in the next moment starts again, and does not join what is over. */
function end(signIn: PendingSignIn): void {
  signIn.ended = true;
  signIn.flow.cancel(new SigilforgeError('cancelled', 'The sign-in was cancelled.'));
}
