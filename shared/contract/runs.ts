import * as v from 'valibot';
import { CapabilityName } from '../manifest.js';
import { Seconds, Timestamp, Uuid } from '../schemas.js';
import { Cursor, cursorParam, method } from './types.js';

export const RunStatus = v.picklist([
  'pending',
  'running',
  'completed',
  'failed',
  'cancelled',
  'interrupted',
]);
export type RunStatus = v.InferOutput<typeof RunStatus>;

/** How long `wait_run` waits if it is not told, in seconds. */
export const WAIT_RUN_S = 60;

/** The longest text of one message, of a task and of an error, in characters. */
const MOST_TEXT = 256 * 1024;
export const LongText = v.pipe(v.string(), v.maxLength(MOST_TEXT));

export const RunInfo = v.object({
  id: Uuid,
  /** `null` for one of an agent that runs elsewhere. */
  capability: v.nullable(v.string()),
  task: v.string(),
  status: RunStatus,
  created_at: Timestamp,
  started_at: v.nullable(Timestamp),
  completed_at: v.nullable(Timestamp),
  error: v.nullable(v.string()),
  exit_code: v.nullable(v.number()),
  duration_ms: v.nullable(v.number()),
});
export type RunInfo = v.InferOutput<typeof RunInfo>;

/** Who a message of a run is from: `output` is a line that its program printed, `response` its result. */
export const MessageRole = v.picklist(['system', 'user', 'assistant', 'tool', 'output', 'response']);
export type MessageRole = v.InferOutput<typeof MessageRole>;

/** Those that a program or an agent gives a message. */
export const OwnRole = v.picklist(['system', 'user', 'assistant', 'tool']);

export const RunMessage = v.object({
  id: Uuid,
  role: MessageRole,
  content: v.string(),
  created_at: Timestamp,
});
export type RunMessage = v.InferOutput<typeof RunMessage>;

const runResult = v.object({ run: RunInfo });
/** `response`: the result of one that is completed; secrets in it are redacted. */
const responseResult = v.object({ run: RunInfo, response: v.nullable(v.string()) });
const runParam = { run_id: Uuid };

export const runs = {
  run_capability: method(
    'Starts a run of a capability, or lets it wait for its turn.',
    { name: CapabilityName, args: v.optional(v.unknown()), wait: v.optional(v.boolean(), false) },
    responseResult,
  ),
  wait_run: method(
    'Waits until a run is over.',
    { ...runParam, timeout_s: v.optional(Seconds, WAIT_RUN_S) },
    responseResult,
  ),
  cancel_run: method(
    'Ends a run that waits or is under way.',
    runParam,
    v.object({ cancelled: v.boolean() }),
  ),
  list_runs: method(
    'Lists runs, the newest first, a page at a time.',
    {
      capability: v.optional(CapabilityName),
      status: v.optional(RunStatus),
      limit: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(1_000_000))),
      ...cursorParam,
    },
    v.object({ runs: v.array(RunInfo), cursor: Cursor }),
  ),
  get_run: method('Describes one run.', runParam, responseResult),
  list_messages: method(
    'Lists the messages of a run and what its program printed, in their order, a page at a time.',
    { ...runParam, after: v.optional(Uuid), ...cursorParam },
    v.object({ messages: v.array(RunMessage), cursor: Cursor }),
  ),
  create_run: method('Begins the record of work that runs elsewhere.', { task: LongText }, runResult),
  append_message: method(
    'Adds a message to a run that is not over.',
    { ...runParam, role: OwnRole, content: LongText },
    v.object({ message: RunMessage }),
  ),
  finish_run: method(
    'Ends the record of work that runs elsewhere.',
    {
      ...runParam,
      status: v.optional(v.picklist(['completed', 'failed', 'cancelled']), 'completed'),
      response: v.optional(LongText),
      error: v.optional(LongText),
    },
    runResult,
  ),
};
