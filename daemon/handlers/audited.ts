import { awsSecretKey } from '../../shared/aws-definition.js';
import { asSigilforgeError, type ErrorKind } from '../../shared/errors.js';
import { notGranted } from '../../shared/not-granted.js';
import { Secret } from '../../shared/secret.js';
import type { Audit } from '../core/audit/audit.js';
import type { Admission } from './admission.js';
import type { Handlers, Peer } from './handlers.js';
import { recordedSpelling, secretNamed, tokenOf } from './named-reference.js';

/** The methods that hand out a credential. */
type Releasing =
  | 'get_token'
  | 'refresh_token'
  | 'resolve'
  | 'get_secret'
  | 'get_secrets'
  | 'get_aws_credentials'
  | 'vault_recovery_key';

interface Guard extends Pick<Admission, 'admits'> {
  readonly audit: Audit;
}

type Handler<P, R> = (params: P, peer: Peer) => R | Promise<R>;

/** A value on its way out, in its encoding. */
interface HandedOut {
  readonly value: string | null;
  readonly encoding: 'utf8' | 'base64';
}

/** What a call was about: one reference, or those of everything that its answer holds. */
interface About<P, R> {
  readonly method: Releasing;
  /** In its usual spelling; `null` if there is none. */
  readonly reference: (params: P) => string | null;
  /** Without it, an answer holds what `reference` names. */
  readonly released?: (answer: R) => readonly string[];
  /** What a run gets by it, which must not be seen in what it says. */
  readonly values?: (answer: R) => readonly HandedOut[];
}

/** The handlers of the methods that hand out a credential, such that each release and each refusal is recorded. */
export function audited(handlers: Handlers, guard: Guard): Pick<Handlers, Releasing> {
  const resolve = recorded(guard, handlers.resolve, {
    method: 'resolve',
    reference: ({ reference }) => recordedSpelling(reference) ?? null,
    values: (answer) => [answer],
  });
  return {
    get_token: recorded(guard, handlers.get_token, {
      method: 'get_token',
      reference: tokenOf,
      values: ({ access_token }) => [{ value: access_token, encoding: 'utf8' }],
    }),
    refresh_token: recorded(guard, handlers.refresh_token, { method: 'refresh_token', reference: tokenOf }),
    // An explanation has no value in it.
    resolve: (params, peer) => (params.explain ? handlers.resolve(params, peer) : resolve(params, peer)),
    get_secret: recorded(guard, handlers.get_secret, {
      method: 'get_secret',
      reference: ({ key }) => secretNamed(key),
      values: (answer) => [answer],
    }),
    get_secrets: recorded(guard, handlers.get_secrets, {
      method: 'get_secrets',
      reference: () => null,
      released: ({ secrets }) => secrets.map(({ key }) => secretNamed(key)),
    }),
    get_aws_credentials: recorded(guard, handlers.get_aws_credentials, {
      method: 'get_aws_credentials',
      reference: ({ name }) => secretNamed(awsSecretKey(name)),
      values: ({ secret_access_key, session_token }) =>
        [secret_access_key, session_token].map((value) => ({ value, encoding: 'utf8' })),
    }),
    vault_recovery_key: recorded(guard, handlers.vault_recovery_key, {
      method: 'vault_recovery_key',
      reference: () => null,
    }),
  };
}

/** Answers at once if the handler does and no row must be stored first. */
function recorded<P, R>({ audit, admits }: Guard, handler: Handler<P, R>, about: About<P, R>): Handler<P, R> {
  const { method, reference } = about;

  const release = (params: P, peer: Peer, answer: R): R | Promise<R> => {
    const { run } = peer.rights;
    // What was taken back from a run while it waited is not handed out any more.
    if (run && !admits(method, params, peer.rights)) return refuse(params, peer, notGranted());
    for (const { value, encoding } of (run && about.values?.(answer)) ?? [])
      if (value !== null) run?.released(new Secret(value), encoding);
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
