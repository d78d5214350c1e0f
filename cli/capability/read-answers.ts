import { isUtf8 } from 'node:buffer';
import * as v from 'valibot';
import { parseJson } from '../../shared/json.js';
import { badArgument } from '../arguments/context.js';
import { canAsk } from '../terminal/prompt.js';
import { readSecret } from '../terminal/secret-input.js';
import { readStandardInput } from '../terminal/standard-input.js';

/** A longer line would not reach the daemon. */
const MOST_BYTES = 900 * 1024;

const Values = v.record(v.string(), v.string());
type Values = v.InferOutput<typeof Values>;

/** A value for each name: from hidden prompts, or from standard input. No error repeats one. */
export async function readAnswers(
  names: readonly string[],
  { isJson }: { readonly isJson: boolean },
): Promise<Values> {
  if (isJson) return readJsonValues();
  if (!canAsk() && names.length > 1)
    throw badArgument(
      `It asks for ${names.length} secrets, and there is no terminal to ask on.`,
      'Give them as a JSON object on standard input, with --json-values.',
    );
  const values: Values = {};
  for (const name of names) values[name] = await readSecret(name);
  return values;
}

async function readJsonValues(): Promise<Values> {
  if (canAsk())
    throw badArgument(
      '--json-values reads standard input, and that is this terminal.',
      'Leave it out to be asked for each value, or redirect standard input from a file.',
    );
  const bytes = await readStandardInput('--json-values', MOST_BYTES);
  const read = v.safeParse(Values, isUtf8(bytes) ? parseJson(bytes.toString('utf8')) : undefined);
  if (read.success) return read.output;
  throw badArgument(
    'Standard input is not a JSON object of texts.',
    'Write a text for each name: {"API_KEY":"…"}',
  );
}
