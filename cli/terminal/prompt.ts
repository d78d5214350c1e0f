import { SigilforgeError } from '../../shared/errors.js';
import { badArgument } from '../arguments/context.js';

/** The longest secret there is, in bytes. */
export const MAX_SECRET = 256 * 1024;

/** Whether a person can be asked. Without a terminal on standard input nothing ever is. */
export function canAsk(): boolean {
  return process.stdin.isTTY === true;
}

/** One secret, by a hidden prompt, or all of standard input where that is no terminal (one final newline dropped). */
export async function readSecret(name: string): Promise<string> {
  if (canAsk()) return askSecret(name);
  return decode(await readStandardInput(name, MAX_SECRET, false), name);
}

/** The same to the byte, text or not; `exact` keeps a final newline. At most `limit` bytes are read. */
export async function readSecretBytes(name: string, exact: boolean, limit: number): Promise<Buffer> {
  if (canAsk()) return Buffer.from(await askSecret(name));
  return readStandardInput(name, limit, exact);
}

/** Asks yes or no; no is what a mere Enter says. */
export async function confirm(question: string): Promise<boolean> {
  const { confirm: ask, isCancel } = await import('@clack/prompts');
  const answer = await ask({ message: question, initialValue: false, output: process.stderr });
  if (isCancel(answer)) throw cancelled();
  return answer;
}

async function askSecret(name: string): Promise<string> {
  const { password, isCancel } = await import('@clack/prompts');
  const answer = await password({
    message: name,
    output: process.stderr,
    validate: (value) => (value ? undefined : 'Enter a value, or press Ctrl-C to give up.'),
  });
  if (isCancel(answer)) throw cancelled();
  return answer;
}

async function readStandardInput(name: string, limit: number, exact: boolean): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of process.stdin as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > limit) throw new SigilforgeError('limit_exceeded', `${name}: over ${limit} bytes.`);
    chunks.push(chunk);
  }
  const whole = Buffer.concat(chunks);
  const input = exact ? whole : withoutNewline(whole);
  if (input.length > 0) return input;
  throw badArgument(
    `${name}: standard input is empty.`,
    'Run it in a terminal to be asked, or pipe the value in.',
  );
}

function withoutNewline(bytes: Buffer): Buffer {
  if (bytes.at(-1) !== 10) return bytes;
  return bytes.subarray(0, bytes.at(-2) === 13 ? -2 : -1);
}

function decode(bytes: Buffer, name: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw badArgument(`${name}: standard input is not UTF-8 text.`);
  }
}

function cancelled(): SigilforgeError {
  return new SigilforgeError('cancelled', 'This was cancelled.');
}
