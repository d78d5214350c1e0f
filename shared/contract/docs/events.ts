import { AccountEvent, type events, RunEvent, SigilforgeEvent, Topic } from '../events.js';
import { accountTexts, EXAMPLE } from './common.js';
import { type NamedType, namedChoice, namedObject, type TextsOf } from './types.js';

export const eventTypes: Readonly<Record<string, NamedType>> = {
  Topic: namedChoice(Topic, 'A topic to subscribe to.', {
    accounts: 'Accounts that are added, removed, refreshed, or need a person.',
    runs: 'Runs that are created, start, say something, or end. A narrowed connection may not ask for it.',
  }),
  AccountEvent: namedObject(
    AccountEvent,
    'A notification of method `event`: what happened to which account, never a value.',
    {
      subscription: 'The id that `subscribe` returned.',
      topic: 'The topic that it belongs to.',
      type: '`account_added`, `account_removed`, `token_refreshed`, `needs_auth` (a person has to sign in again) or `recovered` (that is no longer so).',
      at: 'When it happened.',
      account_id: 'The id of the account.',
      ...accountTexts,
    },
  ),
  SigilforgeEvent: {
    schema: SigilforgeEvent,
    text: 'A notification of method `event`, by its `topic`.',
    parts: { accounts: 'What happened to an account.', runs: 'What happened to a run.' },
  },
  RunEvent: namedObject(
    RunEvent,
    'A notification of method `event`: what happened to which run, never what it says.',
    {
      subscription: 'The id that `subscribe` returned.',
      topic: 'The topic that it belongs to.',
      type: '`run_created`, `run_started`, `message_added` (`list_messages` has it) or `run_ended`.',
      at: 'When it happened.',
      run_id: 'The id of the run.',
      capability: 'The name of its capability; `null` for work that runs elsewhere.',
      status: 'How the run stands.',
    },
  ),
};

export const eventMethods: TextsOf<typeof events> = {
  subscribe: {
    params: { topics: 'The topics, at least one.' },
    result: {
      text: 'The subscription.',
      fields: {
        subscription:
          'Its id, which every notification repeats. It ends with the connection, which may have 16 of them.',
      },
    },
    errors: [],
    example: { params: { topics: ['accounts'] }, result: { subscription: EXAMPLE.subscription } },
  },
  unsubscribe: {
    params: { subscription: 'The id that `subscribe` returned on this connection.' },
    result: {
      text: 'What was done.',
      fields: { removed: 'Whether there was such a subscription.' },
    },
    errors: [],
    example: { params: { subscription: EXAMPLE.subscription }, result: { removed: true } },
  },
};
