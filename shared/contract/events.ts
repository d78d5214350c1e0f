import * as v from 'valibot';
import { Timestamp, Uuid } from '../schemas.js';
import { RunStatus } from './runs.js';
import { method } from './types.js';

/** A topic of `subscribe`. */
export const Topic = v.picklist(['accounts', 'runs']);
export type Topic = v.InferOutput<typeof Topic>;

/** A notification of method `event`: what happened to which account, and never a value. */
export const AccountEvent = v.object({
  subscription: Uuid,
  topic: v.literal('accounts'),
  type: v.picklist(['account_added', 'account_removed', 'token_refreshed', 'needs_auth', 'recovered']),
  at: Timestamp,
  account_id: Uuid,
  service: v.string(),
  account: v.string(),
});
export type AccountEvent = v.InferOutput<typeof AccountEvent>;

/** A notification of method `event`: what happened to which run, and never what it says. */
export const RunEvent = v.object({
  subscription: Uuid,
  topic: v.literal('runs'),
  type: v.picklist(['run_created', 'run_started', 'message_added', 'run_ended']),
  at: Timestamp,
  run_id: Uuid,
  capability: v.nullable(v.string()),
  status: RunStatus,
});
export type RunEvent = v.InferOutput<typeof RunEvent>;

/** What `subscribe` sends, by its `topic`. */
export const SigilforgeEvent = v.variant('topic', [AccountEvent, RunEvent]);
export type SigilforgeEvent = v.InferOutput<typeof SigilforgeEvent>;

export const events = {
  subscribe: method(
    'Sends notifications of method `event` on this connection from now on.',
    { topics: v.pipe(v.array(Topic), v.minLength(1)) },
    v.object({ subscription: Uuid }),
  ),
  unsubscribe: method('Ends a subscription.', { subscription: Uuid }, v.object({ removed: v.boolean() })),
};
