import type { ResultOf } from '../../shared/contract/index.js';
import type { Context } from '../arguments/context.js';
import { untilInterrupted } from '../terminal/interrupt.js';

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

/** Starts the daemon if it is not running, waits until it is ready, and prints where it is. */
export async function startDaemon({ output }: Context): Promise<void> {
  const launch = await import('../../client/daemon/launch.js');
  const { pid, socket, alreadyRunning, notices } = await untilInterrupted(
    output.waiting('Starting the daemon…', launch.launchDaemon()),
  );
  output.result({ pid, socket, already_running: alreadyRunning }, () => {
    for (const sentence of notices) output.notice(sentence);
    output.notice(alreadyRunning ? 'The daemon is already running.' : 'The daemon has started.');
    output.record({ pid, socket });
  });
}

/** Stops the daemon and waits until it has exited. Returns whether one was running. */
export async function stopDaemon({ output }: Context): Promise<boolean> {
  const stop = await import('../../client/daemon/stop.js');
  return untilInterrupted(output.waiting('Stopping the daemon…', stop.stopDaemon()));
}
