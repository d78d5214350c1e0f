import type { CheckedParamsOf, ResultOf, SecretRequestState } from '../../../shared/contract/index.js';
import { ANSWER_S } from '../../../shared/contract/index.js';
import { SigilforgeError } from '../../../shared/errors.js';
import { MAX_TIMER_MS } from '../../../shared/limits.js';
import { printable } from '../../../shared/printable.js';
import type { Secret } from '../../../shared/secret.js';
import type { OwnSecrets } from '../capabilities/own-secrets.js';
import type { Registry } from '../capabilities/registry.js';
import { type Listed, pageOf } from '../platform/pages.js';
import { shuttingDown } from '../platform/shutting-down.js';
import { whenGone } from '../platform/when-gone.js';
import type { Env } from '../store/env.js';
import { Brake } from './brake.js';
import type { Notice } from './notice/notice.js';
import type { PageServer } from './page/page-server.js';
import { type Asked, SecretRequest } from './secret-request.js';

interface Collaborators {
  readonly registry: Pick<Registry, 'find'>;
  readonly ownSecrets: Pick<OwnSecrets, 'setAll'>;
  readonly pages: Pick<PageServer, 'addressOf' | 'start' | 'stop'>;
  readonly notice: Pick<Notice, 'show'>;
}

/** Who waits for a request. */
interface Waiter {
  readonly gone: AbortSignal;
  /** Until the returned function is called, it is not taken for one that is idle. */
  keep(): () => void;
}

/** So many requests of one capability may wait, and so many in all. */
const MOST_OF_ONE = 8;
const MOST = 64;
/** So many that are over are remembered, for those who ask for their end. */
const MOST_OVER = 256;

const LISTED: Listed<SecretRequest> = { name: 'secret_requests', keyOf: ({ id }) => [id] };

/** Requests for secrets that wait for a person: of each capability one at a time, in the order in which they came. */
export class SecretRequests {
  readonly #env: Env;
  readonly #parts: Collaborators;
  readonly #brake: Brake;
  /** Those that are not over, in their order. */
  readonly #open = new Map<string, SecretRequest>();
  readonly #over = new Map<string, SecretRequest>();
  #begun = false;
  #isClosed = false;

  constructor(env: Env, parts: Collaborators) {
    this.#env = env;
    this.#parts = parts;
    this.#brake = new Brake(env.clock);
  }

  /** From now on a person can be asked. Only a daemon calls it. */
  begin(): void {
    this.#begun = true;
  }

  /** Throws `limit_exceeded`, and `daemon_unavailable` without a daemon. */
  async ask(name: string, params: CheckedParamsOf<'request_secret'>): Promise<ResultOf<'request_secret'>> {
    if (!this.#begun) throw withoutDaemon();
    if (this.#isClosed) throw shuttingDown();
    const { id } = this.#parts.registry.find(name);
    assertOnce(params.secrets.map((secret) => secret.name));
    this.#assertRoom(id);
    await this.#parts.pages.start((path) => this.#atPath(path), this);
    if (this.#isClosed) throw shuttingDown();
    this.#assertRoom(id);
    this.#brake.assertMayAsk({ id, name });
    const request = new SecretRequest(
      { capability: { id, name }, secrets: params.secrets, showsPage: params.url_elicitation },
      this.#env.clock.wall(),
    );
    this.#open.set(request.id, request);
    void request.over.then(() => this.#ended(request));
    this.#advance(id);
    return {
      request_id: request.id,
      message: messageOf(request.asked),
      url: request.asked.showsPage ? this.#parts.pages.addressOf(request.path) : null,
      expires_at: request.expiresAt,
    };
  }

  /** Resolves once it is over, its waiter is gone, or its time is. Throws `not_found`. */
  async wait(id: string, timeoutS: number, waiter: Waiter): Promise<SecretRequestState> {
    const request = this.find(id);
    if (request.status === 'pending' && timeoutS > 0) {
      const release = waiter.keep();
      await until(request.over, timeoutS, waiter.gone);
      release();
    }
    return request.state;
  }

  /** Throws `daemon_unavailable` without a daemon: an empty list would not be true. */
  list(cursor: string | undefined): ResultOf<'list_secret_requests'> {
    if (!this.#begun) throw withoutDaemon();
    const page = pageOf(LISTED, [...this.#open.values()], ({ info }) => info, cursor);
    return { requests: page.items, cursor: page.cursor };
  }

  /** Saves all of it, or nothing. Throws `invalid_params` for names that were not asked for, and for missing ones. */
  async save(id: string, values: ReadonlyMap<string, Secret>): Promise<SecretRequestState> {
    const request = this.find(id);
    assertPending(request);
    assertNames(request.asked, values);
    await request.saveBy(() => this.#parts.ownSecrets.setAll(request.asked.capability.name, values));
    return request.state;
  }

  decline(id: string): SecretRequestState {
    const request = this.find(id);
    request.end('declined', 'It was declined.');
    return request.state;
  }

  /** Also one that is over. Throws `not_found`, and `daemon_unavailable` without a daemon. */
  find(id: string): SecretRequest {
    if (!this.#begun) throw withoutDaemon();
    const request = this.#open.get(id) ?? this.#over.get(id);
    if (request) return request;
    throw noSuchRequest();
  }

  /** Of a capability that is removed. */
  endAllOf(capabilityId: string): void {
    for (const request of this.#of(capabilityId)) request.end('ended', 'The capability was removed.');
    this.#brake.forget(capabilityId);
  }

  close(): void {
    this.#isClosed = true;
    for (const request of [...this.#open.values()]) request.end('ended', 'The daemon ended.');
    this.#parts.pages.stop();
  }

  #atPath(path: string): SecretRequest | undefined {
    return [...this.#open.values(), ...this.#over.values()].find((request) => request.path === path);
  }

  /** Opens the first request of a capability, unless it is open already. */
  #advance(capabilityId: string): void {
    const [first] = this.#of(capabilityId);
    if (first === undefined || first.isOpen) return;
    first.open(ANSWER_S * 1000);
    const address = this.#parts.pages.addressOf(first.path);
    const asked = {
      capability: first.asked.capability.name,
      names: first.asked.secrets.map(({ name }) => name),
      words: first.words ?? '',
      // Who said that they show it do so.
      address: first.asked.showsPage ? undefined : address,
    };
    void this.#parts.notice.show(asked, first.over);
  }

  #ended(request: SecretRequest): void {
    const { id } = request.asked.capability;
    this.#open.delete(request.id);
    this.#over.set(request.id, request);
    for (const old of this.#over.keys()) if (this.#over.size > MOST_OVER) this.#over.delete(old);
    if (request.status === 'ended') this.#brake.ended(id);
    if (!this.#isClosed) this.#advance(id);
  }

  #of(capabilityId: string): SecretRequest[] {
    return [...this.#open.values()].filter(({ asked }) => asked.capability.id === capabilityId);
  }

  #assertRoom(capabilityId: string): void {
    if (this.#of(capabilityId).length < MOST_OF_ONE && this.#open.size < MOST) return;
    throw new SigilforgeError('limit_exceeded', 'Too many requests for secrets wait for a person.', {
      hint: 'Answer them first. List them with: sigilforge secret requests',
    });
  }
}

function messageOf({ capability, secrets, showsPage }: Asked): string {
  const names = secrets.map(({ name }) => name).join(', ');
  const where = showsPage
    ? 'Answer on its page, with the two words that this shows: sigilforge secret requests'
    : 'Answer on its page, if Sigilforge opened that, or in a terminal: sigilforge secret requests';
  return printable(`${capability.name} asks for ${names}. ${where}`);
}

async function until(over: Promise<void>, timeoutS: number, gone: AbortSignal): Promise<void> {
  const ends: (() => void)[] = [];
  await new Promise<void>((resolve) => {
    void over.then(resolve);
    ends.push(whenGone(gone, resolve));
    const timer = setTimeout(resolve, Math.min(timeoutS * 1000, MAX_TIMER_MS));
    ends.push(() => clearTimeout(timer));
  });
  for (const end of ends) end();
}

function assertOnce(names: readonly string[]): void {
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined)
    throw new SigilforgeError('invalid_params', `secrets names ${twice} twice.`, {
      hint: 'Ask for each secret once.',
    });
}

function assertPending(request: SecretRequest): void {
  if (request.status === 'pending') return;
  throw new SigilforgeError('invalid_params', `This request is over: ${request.status}.`, {
    hint: `Set a secret without a request with: sigilforge capability secret set ${request.asked.capability.name} KEY`,
  });
}

function assertNames({ secrets }: Asked, values: ReadonlyMap<string, Secret>): void {
  const asked = secrets.map(({ name }) => name);
  const missing = asked.filter((name) => !values.has(name));
  const isOther = [...values.keys()].some((name) => !asked.includes(name));
  if (missing.length === 0 && !isOther) return;
  const sentence =
    missing.length > 0
      ? `values has no value for ${missing.join(', ')}.`
      : 'values has a name that was not asked for.';
  throw new SigilforgeError('invalid_params', sentence, {
    hint: `It asks for: ${asked.join(', ')}`,
  });
}

export function noSuchRequest(): SigilforgeError {
  return new SigilforgeError('not_found', 'There is no such request.', {
    hint: 'A person lists those that wait with: sigilforge secret requests',
  });
}

function withoutDaemon(): SigilforgeError {
  return new SigilforgeError('daemon_unavailable', 'Only the daemon asks a person.');
}
