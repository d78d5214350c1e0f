import type { StartedDaemon } from '../../client/daemon/launch.js';
import type { ResultOf } from '../../shared/contract/index.js';
import { VERSION } from '../../shared/version.js';
import type { Context } from '../arguments/context.js';
import { untilInterrupted } from '../terminal/interrupt.js';
import type { Output } from '../terminal/output.js';

/** A daemon that runs and that no socket leads to. */
interface LostDaemon {
  readonly pid: number;
  readonly socket: string;
  readonly version: string;
}

export async function lostDaemon(): Promise<LostDaemon | undefined> {
  const { findLostDaemon } = await import('../../client/daemon/lost.js');
  return findLostDaemon();
}

export function describeLost({ pid, socket }: LostDaemon): string {
  return `running (process ${pid}), but its socket is gone: ${socket}`;
}

/** Says so if the daemon reaches no keychain because it was started in another session than this one. */
export async function warnOfOtherSession(
  { output }: Context,
  { keychain, socket }: ResultOf<'status'>,
): Promise<void> {
  if (keychain.available !== false || socket === null) return;
  const { otherSession } = await import('../../client/other-session.js');
  const sentence = await otherSession(socket);
  if (sentence !== undefined) output.warn(sentence);
}

/** Says so if the daemon cannot keep other users out by itself. */
export function noteUnchecked({ output }: Context, { peers_checked }: ResultOf<'status'>): void {
  if (peers_checked !== false) return;
  output.notice(
    "The daemon does not see which user connects: only the mode of its socket's folder keeps others out.",
  );
}

/**
 * Starts the daemon if it is not running, or in place of one of an older version. Waits until it is ready, and prints where
 * it is.
 */
export async function startDaemon({ output }: Context): Promise<void> {
  const { launchDaemon } = await import('../../client/daemon/launch.js');
  show(output, await untilInterrupted(output.waiting('Starting the daemon…', launchDaemon())));
}

/** Starts the daemon in place of the one that runs, which makes way for it or, if it cannot, is stopped first. */
export async function restartDaemon(context: Context): Promise<void> {
  const { output } = context;
  const { replaceDaemon } = await import('../../client/daemon/launch.js');
  // A pipe of Windows cannot be taken over.
  const started =
    process.platform === 'win32'
      ? undefined
      : await untilInterrupted(output.waiting('Restarting the daemon…', replaceDaemon()));
  if (started !== undefined) {
    show(output, started);
    return;
  }
  await stopDaemon(context);
  await startDaemon(context);
}

function show(output: Output, started: StartedDaemon): void {
  const { pid, socket, alreadyRunning, replaced, notices } = started;
  const result = { pid, socket, already_running: alreadyRunning };
  output.result(replaced === undefined ? result : { ...result, replaced_version: replaced }, () => {
    for (const sentence of notices) output.notice(sentence);
    output.notice(whatHappened(started));
    output.record({ pid, socket });
  });
}

function whatHappened({ alreadyRunning, replaced }: StartedDaemon): string {
  if (alreadyRunning) return 'The daemon is already running.';
  if (replaced === undefined) return 'The daemon has started.';
  if (replaced === VERSION) return `The daemon has restarted, in version ${VERSION} as before.`;
  return `The daemon was replaced: version ${replaced} has made way for version ${VERSION}.`;
}

/** Stops the daemon and waits until it has exited. Returns whether one was running. */
export async function stopDaemon({ output }: Context): Promise<boolean> {
  const stop = await import('../../client/daemon/stop.js');
  return untilInterrupted(output.waiting('Stopping the daemon…', stop.stopDaemon()));
}
