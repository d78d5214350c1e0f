import type * as v from 'valibot';
import { accounts } from './accounts.js';
import { asking } from './asking.js';
import { audit } from './audit.js';
import { capabilities } from './capabilities.js';
import { daemon } from './daemon.js';
import { doors } from './doors.js';
import { events } from './events.js';
import { providers } from './providers.js';
import { references } from './references.js';
import { runs } from './runs.js';
import { secrets } from './secrets.js';
import { storage } from './storage.js';
import { tokens } from './tokens.js';
import { vault } from './vault.js';

export { AccountDetails, AccountInfo, Credential, WAIT_FLOW_S } from './accounts.js';
export {
  ANSWER_S,
  ProposalInfo,
  SecretRequestInfo,
  type SecretRequestState,
  type SecretRequestStatus,
} from './asking.js';
export { AuditRecord } from './audit.js';
export { BotState, CapabilityDetails, CapabilityInfo, FileChange, ServiceStatus } from './capabilities.js';
export { Leaving } from './daemon.js';
export { DoorClosed } from './doors.js';
export { AccountEvent, RunEvent, SigilforgeEvent, Topic } from './events.js';
export { MessageRole, RunInfo, RunMessage, RunStatus, WAIT_RUN_S } from './runs.js';
export { SecretBackend } from './secrets.js';
export { AccessToken } from './tokens.js';
export { VaultSlot } from './vault.js';

/**
 * Every RPC method, once: parameters in their order, and the result. Types, validation, positions and `rpc.discover`
 * all come from here. To add a method: an entry in its group, and a handler in `daemon/handlers/`.
 */
export const contract = {
  ...daemon,
  ...providers,
  ...accounts,
  ...tokens,
  ...references,
  ...secrets,
  ...vault,
  ...audit,
  ...events,
  ...doors,
  ...capabilities,
  ...storage,
  ...runs,
  ...asking,
};

type Contract = typeof contract;
export type MethodName = keyof Contract;
/** Parameters as a caller gives them. */
export type ParamsOf<M extends MethodName> = WithNulls<v.InferInput<Contract[M]['params']>>;
/** Parameters as a handler gets them: checked, normalized, defaults filled in. */
export type CheckedParamsOf<M extends MethodName> = v.InferOutput<Contract[M]['params']>;
/** `null` stands for what may be left out. */
type WithNulls<T> = T extends readonly (infer I)[]
  ? WithNulls<I>[]
  : T extends object
    ? { [K in keyof T]: undefined extends T[K] ? WithNulls<T[K]> | null : WithNulls<T[K]> }
    : T;
export type ResultOf<M extends MethodName> = v.InferOutput<Contract[M]['result']>;

/** Every method's name in camel case: `get_token` is `getToken`, `rpc.discover` is `rpcDiscover`. */
export type CamelCase<S extends string> = S extends `${infer Head}_${infer Tail}`
  ? `${Head}${Capitalize<CamelCase<Tail>>}`
  : S extends `${infer Head}.${infer Tail}`
    ? `${Head}${Capitalize<CamelCase<Tail>>}`
    : S;

type Call<P, R> = Record<string, never> extends P ? (params?: P) => Promise<R> : (params: P) => Promise<R>;

/** What a client can ask, in-process or over the socket: one function for each method of the contract. */
export type Api = { readonly [M in MethodName as CamelCase<M>]: Call<ParamsOf<M>, ResultOf<M>> };

export const methodNames = Object.keys(contract) as MethodName[];

export function camelCase<M extends MethodName>(name: M): CamelCase<M> {
  return name.replace(/[._]([a-z])/g, (_, letter: string) => letter.toUpperCase()) as CamelCase<M>;
}
