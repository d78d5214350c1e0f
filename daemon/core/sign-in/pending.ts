import { setTimeout as delay } from 'node:timers/promises';
import { LIMITS } from '../../../shared/config-limits.js';
import type { AccountInfo } from '../../../shared/contract/index.js';
import { SigilforgeError } from '../../../shared/errors.js';
import { MAX_TIMER_MS } from '../../../shared/limits.js';
import type { FlowKind } from '../../../shared/schemas.js';
import type { PendingFlow, Prompt } from '../oauth/flows/flow.js';
import { newId } from '../platform/id.js';
import { whenGone } from '../platform/when-gone.js';
import { type Part, Parts, type SignInClient } from './parts.js';

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
  /** Until it has ended: what is remembered of it then is only its result. */
  flow: PendingFlow | undefined;
  readonly result: Promise<StoredSignIn>;
  /** Those of the callers that started or joined it, and have not given it up. */
  readonly parts: Set<Part>;
  /** Calls of `wait` that have not ended, including those of callers that only watch. */
  readonly waiting: Set<object>;
  ended: boolean;
}

/** How many ended sign-ins can still be asked for their results, and for how long. */
const REMEMBERED = 256;
const REMEMBER_MS = 10 * 60 * 1000;

/** How many sign-ins may be under way, for all clients and for each. */
export interface SignInLimits {
  readonly flows: number;
  readonly flows_each: number;
}

const USUAL: SignInLimits = { flows: LIMITS.flows.usual, flows_each: LIMITS.flows_each.usual };

/**
 * The sign-ins under way: at most one for each account, shared by all callers that ask for the same. Each ends at the
 * latest with the last client that has a part in it, or waits for it.
 */
export class PendingSignIns {
  readonly #signIns = new Map<string, PendingSignIn>();
  readonly #beginning = new Map<string, Promise<PendingSignIn>>();
  readonly #parts: Parts;
  /** Those that ended, and when by `performance.now()`; the oldest first. */
  readonly #remembered: { readonly id: string; readonly at: number }[] = [];
  readonly #most: number;
  #underWay = 0;

  constructor({ flows, flows_each }: SignInLimits = USUAL) {
    this.#most = flows;
    this.#parts = new Parts(flows_each);
  }

  /** Begins a sign-in, or joins the one that is under way with the same parameters. Throws `limit_exceeded`. */
  async begin(
    key: SignInKey,
    client: SignInClient,
    start: () => Promise<PendingFlow>,
    stored: () => StoredSignIn,
  ): Promise<WaitingSignIn> {
    const part = this.#parts.take(client);
    try {
      const signIn = await this.#beginOrJoin(key, start, stored);
      if (signIn.ended) part.giveUp();
      else this.#takePart(signIn, part);
      return signIn;
    } catch (thrown) {
      part.giveUp();
      throw thrown;
    }
  }

  async #beginOrJoin(
    key: SignInKey,
    start: () => Promise<PendingFlow>,
    stored: () => StoredSignIn,
  ): Promise<PendingSignIn> {
    const name = `${key.service}/${key.account}`;
    const beginning = this.#beginning.get(name);
    const current = beginning ? await beginning.catch(() => undefined) : this.#pending(key);
    if (current) return joinable(current, key);
    // Another caller that waited for the same failure may have started again meanwhile.
    if (beginning) return this.#beginOrJoin(key, start, stored);
    if (this.#underWay >= this.#most) throw tooMany(this.#most);
    this.#underWay += 1;
    const begun = this.#begin(key, start, stored).finally(() => this.#beginning.delete(name));
    this.#beginning.set(name, begun);
    return begun;
  }

  /**
   * What is stored once the sign-in is complete, or `undefined` after `timeoutS` seconds. Throws the error that ended it.
   * A client that disconnects while waiting has abandoned the sign-in.
   */
  async wait(id: string, timeoutS: number, client: SignInClient): Promise<StoredSignIn | undefined> {
    const signIn = this.#get(id);
    const waiter = {};
    const release = client.keep();
    const leave = (): void => {
      signIn.waiting.delete(waiter);
      endIfLeft(signIn);
    };
    signIn.waiting.add(waiter);
    const stay = whenGone(client.gone, leave);
    const timer = new AbortController();
    try {
      return await Promise.race([
        signIn.result,
        delay(Math.min(timeoutS * 1000, MAX_TIMER_MS), undefined, { signal: timer.signal }),
      ]);
    } finally {
      timer.abort();
      stay();
      leave();
      release();
    }
  }

  async complete(id: string, redirectUrl: string): Promise<StoredSignIn> {
    const signIn = this.#get(id);
    if (!signIn.ended) await signIn.flow?.complete(redirectUrl);
    return signIn.result;
  }

  /**
   * Gives up a part of this caller, or of another one if it has none; the sign-in ends with the last one. Says whether it
   * was still under way.
   */
  cancel(id: string, gone: AbortSignal): boolean {
    const signIn = this.#get(id);
    if (signIn.ended) return false;
    const parts = [...signIn.parts];
    const part = parts.find(({ client }) => client.gone === gone) ?? parts[0];
    part?.giveUp();
    if (part) signIn.parts.delete(part);
    if (signIn.parts.size === 0) end(signIn);
    return true;
  }

  /** The client is gone, or may be already: then nothing else of it will come. */
  #takePart(signIn: PendingSignIn, part: Part): void {
    const { gone } = part.client;
    const leave = (): void => {
      part.giveUp();
      signIn.parts.delete(part);
      endIfLeft(signIn);
    };
    signIn.parts.add(part);
    gone.addEventListener('abort', leave, { once: true });
    const over = (): void => {
      gone.removeEventListener('abort', leave);
      part.giveUp();
    };
    signIn.result.then(over, over);
    // Other callers that waited for the same beginning take their parts first.
    if (gone.aborted) setImmediate(leave);
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
    const flow = await start().catch((thrown: unknown) => {
      this.#underWay -= 1;
      throw thrown;
    });
    const result = flow.done.then(stored);
    const signIn: PendingSignIn = {
      id: newId(),
      kind: flow.kind,
      prompt: flow.prompt,
      key,
      flow,
      result,
      parts: new Set(),
      waiting: new Set(),
      ended: false,
    };
    this.#signIns.set(signIn.id, signIn);
    const over = (): void => {
      signIn.ended = true;
      signIn.flow = undefined;
      this.#underWay -= 1;
      this.#remembered.push({ id: signIn.id, at: performance.now() });
      this.#forget();
    };
    result.then(over, over);
    return signIn;
  }

  #pending({ service, account }: SignInKey): PendingSignIn | undefined {
    for (const signIn of this.#signIns.values()) {
      if (!signIn.ended && signIn.key.service === service && signIn.key.account === account) return signIn;
    }
    return undefined;
  }

  #forget(): void {
    for (;;) {
      const [oldest] = this.#remembered;
      const isKept = oldest && performance.now() - oldest.at < REMEMBER_MS;
      if (!oldest || (isKept && this.#remembered.length <= REMEMBERED)) return;
      this.#remembered.shift();
      this.#signIns.delete(oldest.id);
    }
  }

  #get(id: string): PendingSignIn {
    this.#forget();
    const signIn = this.#signIns.get(id);
    if (signIn) return signIn;
    throw new SigilforgeError('not_found', 'There is no such sign-in, or it ended a while ago.', {
      hint: 'Start it again with: sigilforge add-account SERVICE ACCOUNT',
    });
  }
}

/** The sign-in that is under way. Throws `already_exists` if it is not the same as the one that is asked for. */
function joinable(signIn: PendingSignIn, key: SignInKey): PendingSignIn {
  if (signIn.key.parameters !== key.parameters) {
    const sentence = `Another sign-in for ${key.service}/${key.account} is under way (${signIn.id}).`;
    throw new SigilforgeError('already_exists', sentence, {
      hint: 'Finish or cancel it before you start this one.',
    });
  }
  return signIn;
}

/** It has ended from now on: a caller that asks for the same in the next moment starts again, and does not join what is over. */
function end(signIn: PendingSignIn): void {
  signIn.ended = true;
  signIn.flow?.cancel(new SigilforgeError('cancelled', 'The sign-in was cancelled.'));
}

/** Ends a sign-in that no client has a part in, and none waits for. */
function endIfLeft(signIn: PendingSignIn): void {
  if (!signIn.ended && signIn.parts.size === 0 && signIn.waiting.size === 0) end(signIn);
}

function tooMany(most: number): SigilforgeError {
  return new SigilforgeError('limit_exceeded', `There are ${most} sign-ins under way.`, {
    hint: 'Finish or cancel one of them first. A sign-in also ends with the program that began it.',
  });
}
