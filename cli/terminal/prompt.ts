import { SigilforgeError } from '../../shared/errors.js';

/** Whether a person can be asked: only if standard input is a terminal. */
export function canAsk(): boolean {
  return process.stdin.isTTY === true;
}

/** Asks yes or no. Only pressing Enter means no. */
export async function confirm(question: string): Promise<boolean> {
  const { confirm: ask, isCancel } = await import('@clack/prompts');
  const answer = await ask({ message: question, initialValue: false, output: process.stderr });
  if (isCancel(answer)) throw cancelled();
  return answer;
}

/** Asks for a value that is not shown while it is typed. */
export async function askSecret(name: string): Promise<string> {
  const { password, isCancel } = await import('@clack/prompts');
  const answer = await password({
    message: name,
    output: process.stderr,
    validate: (value) => (value ? undefined : 'Enter a value, or press Ctrl-C to cancel.'),
  });
  if (isCancel(answer)) throw cancelled();
  return answer;
}

function cancelled(): SigilforgeError {
  return new SigilforgeError('cancelled', 'This was cancelled.');
}
