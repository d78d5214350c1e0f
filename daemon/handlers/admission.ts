import * as v from 'valibot';
import { contract, type MethodName } from '../../shared/contract/index.js';
import { SigilforgeError } from '../../shared/errors.js';
import { isRecord } from '../../shared/json.js';
import { parseReference, printReference } from '../../shared/reference.js';
import { AccountName, SecretKey, ServiceName } from '../../shared/schemas.js';
import type { Rights } from './rights.js';

/**
 * Whether a peer may make a call. It is asked before the method and its parameters are looked at, which may be anything:
 * parameters by name or by position, as they came.
 */
export type Admission = (method: string, params: unknown, rights: Rights) => boolean;

/** Says whether an account is an API key. Asked only for one whose API key is granted. */
type IsApiKey = (service: string, account: string) => boolean;

type Named = Readonly<Record<string, unknown>>;
type Judge = (params: Named, rights: Rights, isApiKey: IsApiKey) => boolean;

/** What a narrowed connection may call, and for which parameters. All else is denied. */
const JUDGES: ReadonlyMap<string, Judge> = new Map<MethodName, Judge>([
  ['get_token', permitsToken],
  ['token_info', permitsToken],
  ['resolve', ({ reference }, rights) => permitsReference(reference, rights)],
  ['get_secret', ({ key }, rights) => v.is(SecretKey, key) && rights.permits(`secret://${key}`)],
  ['subscribe', (_params, rights) => rights.grants?.some(namesAccount) ?? true],
]);

/** These tell nothing that is not granted, whatever their parameters are. */
const ALWAYS: ReadonlySet<string> = new Set<MethodName>(['status', 'restrict']);

export function createAdmission(isApiKey: IsApiKey): Admission {
  return (method, params, rights) => {
    if (!rights.isNarrowed || ALWAYS.has(method)) return true;
    const judge = JUDGES.get(method);
    const named = judge && byName(method as MethodName, params);
    return named !== undefined && judge?.(named, rights, isApiKey) === true;
  };
}

/** One and the same for whatever a narrowed connection may not do, whether it exists or not. */
export function notGranted(): SigilforgeError {
  return new SigilforgeError('denied', 'This connection may use only what was granted to it.', {
    hint: 'If the program needs more, start it again with a grant for that.',
  });
}

/** Whether a peer may hear of an account. */
export function mayHear(rights: Rights, { service, account }: { service: string; account: string }): boolean {
  return ['token', 'api_key'].some((type) => rights.permits(`auth://${service}/${account}/${type}`));
}

/** Parameters by their names, without a look at their values; `undefined` if they cannot be the method's. */
function byName(method: MethodName, params: unknown): Named | undefined {
  if (!Array.isArray(params)) return isRecord(params) ? params : undefined;
  const order = Object.keys(contract[method].params.entries);
  if (params.length > order.length) return undefined;
  return Object.fromEntries(params.map((value: unknown, index) => [order[index], value]));
}

function permitsToken({ service, account }: Named, rights: Rights, isApiKey: IsApiKey): boolean {
  const normalized = v.safeParse(ServiceName, service);
  if (!normalized.success || !v.is(AccountName, account)) return false;
  const of = (type: string) => `auth://${normalized.output}/${account}/${type}`;
  return (
    rights.permits(of('token')) || (rights.permits(of('api_key')) && isApiKey(normalized.output, account))
  );
}

function permitsReference(reference: unknown, rights: Rights): boolean {
  const usual = typeof reference === 'string' ? usualSpelling(reference) : undefined;
  return usual !== undefined && rights.permits(usual);
}

function usualSpelling(text: string): string | undefined {
  try {
    return printReference(parseReference(text));
  } catch {
    return undefined;
  }
}

/** Whether a grant is for the token or the API key of an account. */
function namesAccount(grant: string): boolean {
  return /^auth:.*\/(token|api_key|\*)$/.test(grant);
}
