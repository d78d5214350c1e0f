import { runningDaemon } from '../../client/daemon/running.js';
import { stopDaemon } from '../../client/daemon/stop.js';
import { findHolderHere } from '../../client/holder.js';
import { versionNotice } from '../../client/version-notice.js';
import { SigilforgeError } from '../../shared/errors.js';
import { pinnedSocket } from '../../shared/paths.js';
import { installedService, servesThisHome } from '../../shared/service/installed.js';
import { isOlder, VERSION } from '../../shared/version.js';
import type { Context } from '../arguments/context.js';
import { untilInterrupted } from '../terminal/interrupt.js';
import type { ServiceControl } from './control.js';
import { controls } from './controls.js';
import { isDaemonHere } from './daemon-here.js';

/** The installed service whose daemon is the one that this environment means, if there is one. */
function serviceHere(): ServiceControl | undefined {
  const service = installedService();
  if (service === undefined || !servesThisHome(service)) return undefined;
  const pinned = pinnedSocket();
  return pinned === undefined || pinned === service.socket ? controls[service.manager] : undefined;
}

/** Whether the daemon's log goes to the journal of systemd: what it runs, writes there. */
export function hasJournal(): boolean {
  return serviceHere() === controls.systemd;
}

/** Whether there is a service, and it rests. To connect would start it. */
export async function isServiceIdle(): Promise<boolean> {
  const service = serviceHere();
  return service !== undefined && !(await service.isRunning()) && !(await isDaemonHere());
}

/** Starts the installed service, in place of an older version too. Returns whether there is one. */
export async function startService({ output }: Context): Promise<boolean> {
  const service = serviceHere();
  if (service === undefined) return false;
  const isService = await service.isRunning();
  const isRunning = isService || (await isDaemonHere());
  const isOutdated = isOlder(findHolderHere()?.version ?? VERSION, VERSION);
  const work = isOutdated ? takeOver(service) : isRunning ? Promise.resolve() : service.start();
  await untilInterrupted(output.waiting('Starting the service…', work));
  await report(output, isRunning && !isOutdated, 'The daemon has started, as a service.');
  if (isRunning && !isService && !isOutdated) output.notice(STARTED_BESIDE);
  return true;
}

const STARTED_BESIDE =
  'A command has started it, not the service. To have the service in its place: sigilforge daemon restart';

/** Starts the installed service again. Returns whether there is one. */
export async function restartService({ output }: Context): Promise<boolean> {
  const service = serviceHere();
  if (service === undefined) return false;
  await untilInterrupted(output.waiting('Restarting the service…', takeOver(service)));
  await report(output, false, 'The daemon has started again, as a service.');
  return true;
}

/** Stops the installed service. Returns whether a daemon was running, and `undefined` if there is no service. */
export async function stopService({ output }: Context): Promise<boolean | undefined> {
  const service = serviceHere();
  if (service === undefined) return undefined;
  const wasRunning = await service.isRunning();
  await untilInterrupted(output.waiting('Stopping the service…', service.stop()));
  // One that a command has started.
  const wasBeside = await stopDaemon();
  output.notice(
    'The service stays stopped until the next login, or until you run: sigilforge daemon start. No client starts it.',
  );
  return wasRunning || wasBeside;
}

/** Puts the service in the place of any daemon of this home. */
async function takeOver(service: ServiceControl): Promise<void> {
  if (await service.isRunning()) return await service.restart();
  // The manager would take the path of the socket from a daemon that goes on running.
  if (await isDaemonHere()) await stopDaemon();
  await service.start();
}

async function report(output: Context['output'], alreadyRunning: boolean, sentence: string): Promise<void> {
  const running = await runningDaemon();
  if (running === undefined) {
    throw new SigilforgeError(
      'daemon_unavailable',
      'The service has started, and its daemon is not reached.',
      {
        hint: 'See why with: sigilforge daemon logs',
      },
    );
  }
  const { pid, socket } = running;
  output.result({ pid, socket, already_running: alreadyRunning }, () => {
    const notice = versionNotice(socket);
    if (notice !== undefined) output.notice(notice);
    output.notice(alreadyRunning ? 'The daemon is already running.' : sentence);
    output.record({ pid, socket });
  });
}
