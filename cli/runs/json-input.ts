import { readFileSync } from 'node:fs';
import { SigilforgeError } from '../../shared/errors.js';
import { parseJson } from '../../shared/json.js';
import { withPathErrors } from '../../shared/path-error.js';
import { badArgument } from '../arguments/context.js';
import { readStandardInput } from '../terminal/standard-input.js';

/** A longer line would not reach the daemon. */
const MOST_BYTES = 900 * 1024;

/** The text of a file, or of standard input for `-`. */
export async function readInput(option: string, file: string): Promise<string> {
  if (file === '-') return (await readStandardInput(option, MOST_BYTES, tooLong)).toString('utf8');
  const bytes = withPathErrors(file, () => readFileSync(file));
  if (bytes.length > MOST_BYTES) throw tooLong(option, MOST_BYTES);
  return bytes.toString('utf8');
}

/** The value that an option gives as JSON. No error repeats it. */
export function readJson(option: string, text: string): unknown {
  const value = parseJson(text);
  if (value !== undefined) return value;
  throw badArgument(`${option} is not JSON.`, `Quote it for the shell: --args '{"city":"Bern"}'`);
}

function tooLong(option: string, limit: number): SigilforgeError {
  return new SigilforgeError('limit_exceeded', `${option}: over ${limit.toLocaleString('en')} bytes.`, {
    hint: 'Name a file in the arguments, and let the capability read it.',
  });
}
