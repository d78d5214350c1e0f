import { LongText, MessageRole, OwnRole, RunInfo, RunMessage, RunStatus, type runs } from '../runs.js';
import { cursorTexts, EXAMPLE, nextPageText, OPENS_VAULT } from './common.js';
import { type NamedType, namedChoice, namedObject, namedValue, type TextsOf } from './types.js';

const ownRoles = {
  system: 'What the work is bound by.',
  user: 'What was asked.',
  assistant: 'What an agent answers.',
  tool: 'What a tool answers.',
};

export const runTypes: Readonly<Record<string, NamedType>> = {
  RunStatus: namedChoice(RunStatus, 'How a run stands.', {
    pending: 'It waits for its turn.',
    running: 'It is under way.',
    completed: 'It has given its result.',
    failed: 'It ended without one, or could not be started; `error` says why.',
    cancelled: 'A person ended it, or its time was over.',
    interrupted: 'The daemon ended while it was under way.',
  }),
  MessageRole: namedChoice(MessageRole, 'What a message of a run is.', {
    ...ownRoles,
    output: 'What its program printed.',
    response: 'Its result.',
  }),
  OwnRole: namedChoice(OwnRole, 'What a message is that a program or an agent adds.', ownRoles),
  LongText: namedValue(LongText, 'Text of at most 262,144 characters.'),
  RunInfo: namedObject(RunInfo, 'A run, without its messages. Secrets that it was given are redacted.', {
    id: 'The id of the run.',
    capability: 'The name of its capability; `null` for work that runs elsewhere.',
    task: 'What it was to do: for a capability, its `args` as JSON.',
    status: 'How it stands.',
    created_at: 'When it was asked for.',
    started_at: 'When its program was started; `null` if it was not.',
    completed_at: 'When it was over; `null` before that.',
    error: 'A sentence about what went wrong; `null` if nothing did.',
    exit_code: 'The status of its program; `null` if it has none.',
    duration_ms: 'The milliseconds from `started_at` to its end; `null` before that.',
  }),
  RunMessage: namedObject(RunMessage, 'A message of a run. Secrets that the run was given are redacted.', {
    id: 'The id of the message; ids sort in the order of the messages.',
    role: 'What it is.',
    content: 'Its text.',
    created_at: 'When it came.',
  }),
};

const nameText = 'The name of the capability.';
const runIdText = { run_id: 'The id of the run.' };
const responseFields = {
  run: 'The run.',
  response: 'Its result once it is completed, otherwise `null`. Secrets that it was given are redacted.',
};

const exampleRun: RunInfo = {
  id: EXAMPLE.runId,
  capability: 'weather',
  task: '{"city":"Bern"}',
  status: 'completed',
  created_at: EXAMPLE.created,
  started_at: EXAMPLE.created,
  completed_at: EXAMPLE.used,
  error: null,
  exit_code: 0,
  duration_ms: 412,
};
const exampleResponse = { run: exampleRun, response: 'Bern: 7 degrees.' };

const exampleWork: RunInfo = {
  id: EXAMPLE.runId,
  capability: null,
  task: 'Sort the mail of today.',
  status: 'running',
  created_at: EXAMPLE.created,
  started_at: EXAMPLE.created,
  completed_at: null,
  error: null,
  exit_code: null,
  duration_ms: null,
};

/** Why a run may not start. */
const STARTS = ['not_found', 'auth_required', 'refresh_failed', 'network', 'config', 'external'] as const;

export const runMethods: TextsOf<typeof runs> = {
  run_capability: {
    params: {
      name: nameText,
      args: 'What the capability gets as `args`: any JSON value; an empty object if left out.',
      wait: 'Whether to answer only once the run is over. A caller that leaves meanwhile does not end it.',
    },
    result: { text: 'The run.', fields: responseFields },
    errors: [...STARTS, 'keychain_unavailable', 'unsafe_path', ...OPENS_VAULT],
    example: {
      params: { name: 'weather', args: { city: 'Bern' }, wait: true },
      result: exampleResponse,
    },
  },
  wait_run: {
    params: { ...runIdText, timeout_s: 'Seconds to wait; 0 only asks how the run stands.' },
    result: { text: 'The run as it is then, over or not.', fields: responseFields },
    errors: ['not_found'],
    example: { params: { run_id: EXAMPLE.runId, timeout_s: 60 }, result: exampleResponse },
  },
  cancel_run: {
    params: runIdText,
    result: {
      text: 'What was done.',
      fields: { cancelled: 'Whether the run was pending or under way.' },
    },
    errors: ['not_found'],
    example: { params: { run_id: EXAMPLE.runId }, result: { cancelled: true } },
  },
  list_runs: {
    params: {
      capability: 'Only runs of this capability.',
      status: 'Only runs that stand so.',
      limit: 'At most so many in all, over every page.',
      ...cursorTexts,
    },
    result: {
      text: 'A page of runs: at most 64 KiB of them, or a single one that is longer.',
      fields: { runs: 'The runs, the newest first.', cursor: nextPageText },
    },
    errors: [],
    example: { params: { capability: 'weather' }, result: { runs: [exampleRun], cursor: null } },
  },
  get_run: {
    params: runIdText,
    result: { text: 'The run.', fields: responseFields },
    errors: ['not_found'],
    example: { params: { run_id: EXAMPLE.runId }, result: exampleResponse },
  },
  list_messages: {
    params: {
      ...runIdText,
      after: 'Only messages that came after the one of this id.',
      ...cursorTexts,
    },
    result: {
      text: 'A page of messages: at most 64 KiB of them, or a single one that is longer.',
      fields: { messages: 'The messages, the oldest first.', cursor: nextPageText },
    },
    errors: ['not_found'],
    example: {
      params: { run_id: EXAMPLE.runId },
      result: {
        messages: [
          {
            id: EXAMPLE.messageId,
            role: 'output',
            content: 'Asking for the weather of Bern.',
            created_at: EXAMPLE.used,
          },
        ],
        cursor: null,
      },
    },
  },
  create_run: {
    params: { task: 'What the work is about.' },
    result: { text: 'What was begun.', fields: { run: 'The run.' } },
    errors: [],
    example: { params: { task: 'Sort the mail of today.' }, result: { run: exampleWork } },
  },
  append_message: {
    params: { ...runIdText, role: 'What the message is.', content: 'Its text.' },
    result: { text: 'What was added.', fields: { message: 'The message.' } },
    errors: ['not_found'],
    example: {
      params: { run_id: EXAMPLE.runId, role: 'assistant', content: 'Three letters are sorted.' },
      result: {
        message: {
          id: EXAMPLE.messageId,
          role: 'assistant',
          content: 'Three letters are sorted.',
          created_at: EXAMPLE.used,
        },
      },
    },
  },
  finish_run: {
    params: {
      ...runIdText,
      status: 'How the work ended.',
      response: 'Its result.',
      error: 'A sentence about what went wrong.',
    },
    result: { text: 'What is recorded.', fields: { run: 'The run.' } },
    errors: ['not_found'],
    example: {
      params: { run_id: EXAMPLE.runId, status: 'completed', response: 'All letters are sorted.' },
      result: {
        run: { ...exampleWork, status: 'completed', completed_at: EXAMPLE.used, duration_ms: 1_800_000 },
      },
    },
  },
};
