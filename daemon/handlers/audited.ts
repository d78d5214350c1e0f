import { asSigilforgeError, type ErrorKind } from '../../shared/errors.js';
import { Secret } from '../../shared/secret.js';
import type { Audit } from '../core/audit/audit.js';
import type { Handlers, Peer } from './handlers.js';
import { recordedSpelling, secretNamed, tokenOf } from './named-reference.js';

/** The methods that hand out a credential. */
type Releasing =
  | 'get_token'
  | 'refresh_token'
  | 'resolve'
  | 'get_secret'
  | 'get_secrets'
  | 'vault_recovery_key';

type Handler<P, R> = (params: P, peer: Peer) => R | Promise<R>;

/** What a call was about: one reference, or those of everything that its answer holds. */
interface About<P, R> {
  readonly method: Releasing;
  /** In its usual spelling; `null` if there is none. */
  readonly reference: (params: P) => string | null;
  /** Without it, an answer holds what `reference` names. */
  readonly released?: (answer: R) => readonly string[];
  /** What a run gets by it, which must not be seen in what it says. */
  readonly value?: (answer: R) => string | null;
}

/** The handlers of the methods that hand out a credential, such that each release and each refusal is recorded. */
export function audited(handlers: Handlers, audit: Audit): Pick<Handlers, Releasing> {
  const resolve = recorded(audit, handlers.resolve, {
    method: 'resolve',
    reference: ({ reference }) => recordedSpelling(reference) ?? null,
    value: ({ value }) => value,
  });
  return {
    get_token: recorded(audit, handlers.get_token, {
      method: 'get_token',
      reference: tokenOf,
      value: ({ access_token }) => access_token,
    }),
    refresh_token: recorded(audit, handlers.refresh_token, { method: 'refresh_token', reference: tokenOf }),
    // An explanation has no value in it.
    resolve: (params, peer) => (params.explain ? handlers.resolve(params, peer) : resolve(params, peer)),
    get_secret: recorded(audit, handlers.get_secret, {
      method: 'get_secret',
      reference: ({ key }) => secretNamed(key),
      value: ({ value }) => value,
    }),
    get_secrets: recorded(audit, handlers.get_secrets, {
      method: 'get_secrets',
      reference: () => null,
      released: ({ secrets }) => secrets.map(({ key }) => secretNamed(key)),
    }),
    vault_recovery_key: recorded(audit, handlers.vault_recovery_key, {
      method: 'vault_recovery_key',
      reference: () => null,
    }),
  };
}

/** Answers at once if the handler does and no row must be stored first. */
function recorded<P, R>(audit: Audit, handler: Handler<P, R>, about: About<P, R>): Handler<P, R> {
  const { method, reference } = about;

  const release = (params: P, peer: Peer, answer: R): R | Promise<R> => {
    const value = peer.rights.run && about.value?.(answer);
    if (typeof value === 'string') peer.rights.run?.released(new Secret(value));
    const references = about.released?.(answer) ?? [reference(params)];
    const stored = audit.released(peer.who, method, ...references);
    return stored === undefined ? answer : stored.then(() => answer);
  };

  const refuse = (params: P, peer: Peer, thrown: unknown): never => {
    const { kind } = asSigilforgeError(thrown);
    audit.refused(peer.who, method, recordable(reference(params), kind), kind);
    throw thrown;
  };

  return (params, peer) => {
    let answer: R | Promise<R>;
    try {
      answer = handler(params, peer);
    } catch (thrown) {
      return refuse(params, peer, thrown);
    }
    if (!(answer instanceof Promise)) return release(params, peer, answer);
    return answer.then(
      (value) => release(params, peer, value),
      (thrown: unknown) => refuse(params, peer, thrown),
    );
  };
}

/** What is not there is not named: the caller may have given a value in place of the name. */
function recordable(reference: string | null, kind: ErrorKind): string | null {
  return kind === 'not_found' && !reference?.startsWith('auth://') ? null : reference;
}
