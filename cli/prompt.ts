import { SigilforgeError } from '../shared/errors.js';
import { badArgument } from './context.js';

/** The longest secret there is, in bytes. */
const MAX_SECRET = 256 * 1024;

/** Whether a person can be asked. Without a terminal on standard input nothing ever is. */
export function canAsk(): boolean {
  return process.stdin.isTTY === true;
}

/** One secret, by a hidden prompt, or all of standard input where that is no terminal (one final newline dropped). */
export async function readSecret(name: string): Promise<string> {
  return canAsk() ? askSecret(name) : readStandardInput(name);
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

async function readStandardInput(name: string): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of process.stdin as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MAX_SECRET) throw new SigilforgeError('limit_exceeded', `${name}: over ${MAX_SECRET} bytes.`);
    chunks.push(chunk);
  }
  const text = decode(Buffer.concat(chunks), name).replace(/\r?\n$/, '');
  if (text !== '') return text;
  throw badArgument(
    `${name}: standard input is empty.`,
    'Run it in a terminal to be asked, or pipe the value in.',
  );
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
