import * as v from 'valibot';
import { RequestParams } from '../request-params.js';
import { FlowKind, Issuer, Scopes, Seconds, ServiceName, Text, Timestamp, Uuid } from '../schemas.js';
import { accountParams, Cursor, cursorParam, MaybeTime, method } from './types.js';

export const AccountInfo = v.object({
  id: Uuid,
  service: v.string(),
  account: v.string(),
  kind: v.picklist(['oauth', 'api_key']),
  provider: v.nullable(v.string()),
  scopes: v.array(v.string()),
  state: v.picklist(['ok', 'needs_auth', 'parked']),
  created_at: Timestamp,
  last_used: MaybeTime,
  expires_at: MaybeTime,
});
export type AccountInfo = v.InferOutput<typeof AccountInfo>;

/**
 * One account, what else hangs on it, where its tokens come from, and what its provider sent beside them. Daemons of earlier
 * versions do not say that.
 */
export const AccountDetails = v.object({
  ...AccountInfo.entries,
  revoked_with: v.optional(v.array(v.string()), []),
  issued_by: v.optional(v.nullable(v.string())),
  fields: v.optional(v.record(v.string(), v.string())),
});
export type AccountDetails = v.InferOutput<typeof AccountDetails>;

/** What a flow that needs no person signs in with. Each flow takes one of these shapes: see `flow`. */
export const Credential = v.union([
  v.strictObject({ api_key: Text }),
  v.strictObject({ refresh_token: Text }),
  v.strictObject({ client_id: Text, client_secret: Text }),
  v.strictObject({
    private_key: Text,
    key_id: v.optional(Text),
    issuer: v.optional(Text),
    subject: v.optional(Text),
  }),
  v.strictObject({ app_id: Text, installation_id: Text, private_key: Text }),
]);
export type Credential = v.InferOutput<typeof Credential>;

/** Sentences for the person about something that worked. Daemons of earlier versions send none. */
const Notices = v.optional(v.array(v.string()), []);

export const FlowStarted = v.object({
  flow_id: v.nullable(Uuid),
  flow: FlowKind,
  message: v.nullable(v.string()),
  authorization_url: v.nullable(v.string()),
  user_code: v.nullable(v.string()),
  verification_uri: v.nullable(v.string()),
  verification_uri_complete: v.nullable(v.string()),
  expires_at: MaybeTime,
  interval_s: v.nullable(v.number()),
  scopes: v.optional(v.array(v.string()), []),
  account: v.nullable(AccountInfo),
  notices: Notices,
});
export type FlowStarted = v.InferOutput<typeof FlowStarted>;

/** Seconds that `wait_flow` waits unless the caller gives a time limit. */
export const WAIT_FLOW_S = 60;

export const accounts = {
  add_account: method(
    'Starts a sign-in, or stores a credential that needs no person.',
    {
      ...accountParams,
      scopes: v.optional(Scopes),
      flow: v.optional(FlowKind),
      provider: v.optional(ServiceName),
      replace: v.optional(v.boolean(), false),
      credential: v.optional(Credential),
      issuer: v.optional(Issuer),
      client_id: v.optional(Text),
      params: v.optional(RequestParams),
      without_refresh: v.optional(v.boolean()),
    },
    FlowStarted,
  ),
  wait_flow: method(
    'Waits until a sign-in ends or `timeout_s` has passed. If the sign-in failed, answers with its error.',
    { flow_id: Uuid, timeout_s: v.optional(Seconds, WAIT_FLOW_S) },
    v.object({
      state: v.picklist(['pending', 'complete']),
      account: v.nullable(AccountInfo),
      notices: Notices,
    }),
  ),
  complete_flow: method(
    'Completes a sign-in with the address that a browser on another machine was redirected to.',
    { flow_id: Uuid, redirect_url: Text },
    v.object({ account: AccountInfo, notices: Notices }),
  ),
  cancel_flow: method('Cancels a sign-in.', { flow_id: Uuid }, v.object({ cancelled: v.boolean() })),
  list_accounts: method(
    'Lists the accounts of one service, or all accounts, a page at a time.',
    { service: v.optional(ServiceName), ...cursorParam },
    v.object({ accounts: v.array(AccountInfo), cursor: Cursor }),
  ),
  get_account: method('Describes one account, without its token.', { ...accountParams }, AccountDetails),
  remove_account: method(
    'Removes an account, and revokes its grant at the provider unless `revoke` is false.',
    { ...accountParams, revoke: v.optional(v.boolean(), true) },
    v.object({ removed: v.boolean(), revoked: v.boolean(), notices: Notices }),
  ),
};
