import * as v from 'valibot';
import { Seconds, Text, Timestamp, Uuid } from '../schemas.js';
import { accountParams, Cursor, cursorParam, MaybeTime, method } from './types.js';

export const AccessToken = v.object({
  access_token: v.string(),
  token_type: v.string(),
  expires_at: MaybeTime,
  scopes: v.array(v.string()),
});
export type AccessToken = v.InferOutput<typeof AccessToken>;

export const tokens = {
  get_token: method(
    'Returns an access token that works, refreshed first if necessary.',
    {
      ...accountParams,
      min_valid_s: v.optional(Seconds),
      refresh_if_needed: v.optional(v.boolean(), true),
      rejected_token: v.optional(Text),
    },
    AccessToken,
  ),
  refresh_token: method(
    'Gets a new access token from the provider, even if the current one still works.',
    { ...accountParams },
    AccessToken,
  ),
  token_info: method(
    "Reports what is known about an account's token, without the token itself.",
    { ...accountParams },
    v.object({
      token_type: v.nullable(v.string()),
      expires_at: MaybeTime,
      scopes: v.array(v.string()),
      is_expired: v.boolean(),
      has_refresh_token: v.boolean(),
      refresh_expires_at: MaybeTime,
      last_refreshed_at: MaybeTime,
      last_error: v.nullable(v.object({ kind: v.string(), message: v.string(), at: Timestamp })),
      next_attempt_at: MaybeTime,
    }),
  ),
  accounts_status: method(
    'Reports which tokens are valid and which expire soon, a page at a time, without using the network.',
    cursorParam,
    v.object({
      accounts: v.array(
        v.object({
          service: v.string(),
          account: v.string(),
          token_valid: v.boolean(),
          expires_soon: v.boolean(),
          expires_at: MaybeTime,
        }),
      ),
      all_valid: v.boolean(),
      any_expiring_soon: v.boolean(),
      cursor: Cursor,
    }),
  ),
  list_unread_answers: method(
    'Lists the answers of providers that could not be read, and are kept because a new grant may be in them, a page at a time.',
    cursorParam,
    v.object({
      answers: v.array(
        v.object({
          id: Uuid,
          service: v.string(),
          account: v.string(),
          received_at: MaybeTime,
          bytes: v.number(),
        }),
      ),
      cursor: Cursor,
    }),
  ),
  retry_unread_answers: method(
    'Reads those answers again, and stores the grants that are found. For use after an update of Sigilforge.',
    {},
    v.object({
      recovered: v.array(v.object({ service: v.string(), account: v.string() })),
      unread: v.number(),
    }),
  ),
};
