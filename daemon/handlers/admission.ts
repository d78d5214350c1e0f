import * as v from 'valibot';
import { AwsName, awsSecretKey } from '../../shared/aws-definition.js';
import { contract, type MethodName } from '../../shared/contract/index.js';
import type { SigilforgeError } from '../../shared/errors.js';
import { isRecord } from '../../shared/json.js';
import { notGranted } from '../../shared/not-granted.js';
import { SecretKey } from '../../shared/schemas.js';
import type { Audit } from '../core/audit/audit.js';
import type { Core } from '../core/core.js';
import type { AccountFields } from '../core/store/accounts.js';
import type { Peer } from './handlers.js';
import {
  accountNamed,
  isMethod,
  type Named,
  referenceIn,
  secretNamed,
  tokenOf,
  usualSpelling,
} from './named-reference.js';
import type { Rights } from './rights.js';

/**
 * Whether a peer may make a call. It is asked before the method and its parameters are looked at, which may be anything:
 * parameters by name or by position, as they came.
 */
export interface Admission {
  admits(method: string, params: unknown, rights: Rights): boolean;
  /** The error for a call that is not admitted, which is recorded. */
  refuse(method: string, params: unknown, peer: Peer): SigilforgeError;
}

/** Says whether an account is an API key. Asked only for one whose API key is granted. */
type IsApiKey = (service: string, account: string) => boolean;

interface Options {
  readonly isApiKey: IsApiKey;
  /** Where refusals are recorded. */
  readonly audit?: Pick<Audit, 'refused'>;
}

type Judge = (params: Named, rights: Rights, isApiKey: IsApiKey) => boolean;

/** What a narrowed connection may call, and for which parameters. All else is denied. */
const JUDGES: ReadonlyMap<MethodName, Judge> = new Map<MethodName, Judge>([
  ['get_token', permitsToken],
  ['token_info', permitsToken],
  ['resolve', ({ reference }, rights) => permitsReference(reference, rights)],
  ['get_secret', ({ key }, rights) => v.is(SecretKey, key) && rights.permits(secretNamed(key))],
  ['get_aws_credentials', ({ name }, rights) => permitsAws(name, rights)],
  ['subscribe', permitsSubscription],
  ['storage_get', permitsOwn],
  ['storage_set', permitsOwn],
  ['storage_delete', permitsOwn],
  ['storage_list', permitsOwn],
  ['request_secret', permitsOwn],
  ['wait_secret_request', (_params, { run }) => run !== undefined],
  ['propose_grant', permitsOwn],
  ['append_message', ({ run_id }, rights) => rights.run !== undefined && rights.run.runId === run_id],
]);

/** These tell nothing that is not granted, whatever their parameters are. */
const ALWAYS: ReadonlySet<string> = new Set<MethodName>(['status', 'restrict', 'expect_leaving']);

/** What the connections of a library are admitted to. */
export function admissionTo({ accounts, audit }: Core): Admission {
  return createAdmission({ isApiKey: (service, account) => accounts.isApiKey(service, account), audit });
}

export function createAdmission({ isApiKey, audit }: Options): Admission {
  return {
    admits(method, params, rights) {
      if (!rights.isNarrowed || ALWAYS.has(method)) return true;
      if (!isMethod(method)) return false;
      const judge = JUDGES.get(method);
      const named = judge && byName(method, params);
      return named !== undefined && judge?.(named, rights, isApiKey) === true;
    },
    refuse(method, params, peer) {
      const known = isMethod(method) ? method : undefined;
      const reference = known && referenceIn(known, byName(known, params) ?? {});
      // Another text may be anything, so it is not recorded.
      audit?.refused(peer.who, known ?? 'unknown', reference ?? null, 'denied');
      return notGranted();
    },
  };
}

/** Whether a peer may hear of an account: where it may ask for its token, as `permitsToken` says. */
export function mayHear(
  rights: Rights,
  { service, account, kind }: Pick<AccountFields, 'service' | 'account' | 'kind'>,
): boolean {
  const permits = (type: string) => rights.permits(`auth://${service}/${account}/${type}`);
  return permits('token') || (kind === 'api_key' && permits('api_key'));
}

/** Parameters by their names, without a look at their values; `undefined` if they cannot be the method's. */
function byName(method: MethodName, params: unknown): Named | undefined {
  // The only one of those here that needs none.
  if (method === 'storage_list') params ??= {};
  if (!Array.isArray(params)) return isRecord(params) ? params : undefined;
  const order = Object.keys(contract[method].params.entries);
  if (params.length > order.length) return undefined;
  return Object.fromEntries(params.map((value: unknown, index) => [order[index], value]));
}

function permitsToken(params: Named, rights: Rights, isApiKey: IsApiKey): boolean {
  const named = accountNamed(params);
  if (named === undefined) return false;
  const { service, account } = named;
  const isKeyGranted = rights.permits(`auth://${service}/${account}/api_key`);
  return rights.permits(tokenOf(named)) || (isKeyGranted && isApiKey(service, account));
}

function permitsReference(reference: unknown, rights: Rights): boolean {
  const usual = typeof reference === 'string' ? usualSpelling(reference) : undefined;
  return usual !== undefined && rights.permits(usual);
}

/** What says where they come from is granted with them: for stored keys it is the same. */
function permitsAws(name: unknown, rights: Rights): boolean {
  return v.is(AwsName, name) && rights.permits(secretNamed(awsSecretKey(name)));
}

/** To the events of accounts; those of runs are for connections that were not narrowed. */
function permitsSubscription({ topics }: Named, rights: Rights): boolean {
  if (Array.isArray(topics) && topics.includes('runs')) return false;
  return rights.grants?.some(namesAccount) ?? true;
}

/** A run may leave its own name out. */
function permitsOwn({ capability }: Named, { run }: Rights): boolean {
  if (run === undefined) return false;
  return capability === undefined || capability === null || capability === run.capability;
}

/** Whether a grant is for the token or the API key of an account. */
function namesAccount(grant: string): boolean {
  return /^auth:.*\/(token|api_key|\*)$/.test(grant);
}
