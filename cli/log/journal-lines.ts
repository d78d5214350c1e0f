import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { errnoOf } from '../../shared/errno.js';
import { SigilforgeError } from '../../shared/errors.js';
import { SERVICE_UNIT } from '../../shared/service/systemd.js';

/**
 * The last lines of the service in the journal, and, with `follow`, those that come until `over`. Not `--user`, which looks only
 * into a journal of the user's own: not every system keeps one.
 */
export async function* journalLines(
  { lines, follow }: { readonly lines: number; readonly follow: boolean },
  over: AbortSignal,
): AsyncGenerator<string> {
  const args = [`--user-unit=${SERVICE_UNIT}`, '--output=cat', '--quiet', '--no-pager', `--lines=${lines}`];
  const child = spawn('journalctl', [...args, ...(follow ? ['--follow'] : [])], {
    stdio: ['ignore', 'pipe', 'pipe'],
    signal: over,
  });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said = `${said}${text}`.slice(0, 1000);
  });
  const ended = once(child, 'close').catch((thrown: unknown) => {
    if (!over.aborted) throw unreadable(errnoOf(thrown) ?? 'unknown error', thrown);
  });
  // What is read here first is thrown by it at the end.
  ended.catch(() => {});
  yield* createInterface({ input: child.stdout });
  await ended;
  if (child.exitCode !== 0 && !over.aborted) throw unreadable(said.trim().split('\n')[0] ?? '');
}

function unreadable(why: string, cause?: unknown): SigilforgeError {
  return new SigilforgeError('external', `The journal cannot be read: journalctl ended with: ${why}`, {
    hint: 'See whether journalctl of systemd works here by itself, and which users may read its journal.',
    cause,
  });
}
