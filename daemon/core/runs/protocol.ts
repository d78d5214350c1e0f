import * as v from 'valibot';
import { OwnRole } from '../../../shared/contract/runs.js';
import { StorageKey } from '../../../shared/contract/storage.js';
import { isRecord, parseJson } from '../../../shared/json.js';
import { check } from '../../../shared/validate.js';

/** Which run it is about: for programs that serve many. */
const ofRun = { run_id: v.optional(v.string()) };

/** What a program says while it works. */
const Message = v.object({
  type: v.literal('message'),
  ...ofRun,
  role: v.optional(OwnRole, 'assistant'),
  content: v.string(),
});

/** What it says at its end. */
const Result = v.object({
  type: v.literal('result'),
  ...ofRun,
  response: v.string(),
  /** What it changes in its storage; `null` deletes. */
  storage: v.optional(v.record(StorageKey, v.unknown()), {}),
});
export type Result = v.InferOutput<typeof Result>;

const Failure = v.object({ type: v.literal('error'), ...ofRun, message: v.string() });

const KINDS = { message: Message, result: Result, error: Failure } as const;

/** A line that is meant for us. `wrong`: it says so, but is not as described. */
export type ProtocolLine =
  | v.InferOutput<(typeof KINDS)[keyof typeof KINDS]>
  | { readonly type: 'wrong'; readonly sentence: string };

/** What a line that begins with a brace says; `undefined` for all else that it prints. */
export function readLine(line: string): ProtocolLine | undefined {
  const value = parseJson(line);
  if (!isRecord(value)) return undefined;
  const { type } = value;
  if (type !== 'message' && type !== 'result' && type !== 'error') return undefined;
  const checked = check(KINDS[type], value);
  if ('output' in checked) return { ...checked.output, ...asSent(value) };
  return { type: 'wrong', sentence: `Its line of type ${type} is wrong: ${checked.fault.sentence}.` };
}

/** Records leave out the key `constructor` and others, which are keys as good as any. */
function asSent({ storage }: Record<string, unknown>): { readonly storage?: Record<string, unknown> } {
  return isRecord(storage) ? { storage } : {};
}
