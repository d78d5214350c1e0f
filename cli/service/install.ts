import { runningDaemon } from '../../client/daemon/running.js';
import { stopDaemon } from '../../client/daemon/stop.js';
import { SigilforgeError } from '../../shared/errors.js';
import { installedService, servesThisHome } from '../../shared/service/installed.js';
import { SOCKET_UNIT } from '../../shared/service/systemd.js';
import type { ServiceControl } from './control.js';
import { controls } from './controls.js';
import { isDaemonHere } from './daemon-here.js';
import type { PlannedService } from './planned.js';
import { assertReplaceable, outdated, writeFiles } from './unit-files.js';

/** What `daemon install` has done. */
export interface Installation {
  /** The files that it has written; those that said the same before are not among them. */
  readonly written: readonly string[];
  /** Whether a daemon that a command had started was stopped for it. */
  readonly replaced: boolean;
  readonly pid: number | null;
}

/** Writes the files, and starts the service at once and at each login. What is there already is left as it is. */
export async function installService({ manager, written }: PlannedService): Promise<Installation> {
  const control = controls[manager];
  assertReplaceable(written);
  assertOfThisHome();
  await control.assertReachable();
  const files = outdated(written).map(({ path }) => path);
  const wasRunning = await control.isRunning();
  const isBeside = !wasRunning && (await isDaemonHere());
  // By the files that started it: its end and its socket are as they say.
  if (files.some((file) => file.endsWith(SOCKET_UNIT)) || !wasRunning) await stopAll(control);
  writeFiles(outdated(written));
  if (files.length > 0) await control.reread();
  await control.enable();
  if ((await control.isRunning()) && files.length > 0) await control.restart();
  else await control.start();
  return { written: files, replaced: isBeside, pid: (await runningDaemon())?.pid ?? null };
}

/** A user has one service: a second home would take it from the first. */
function assertOfThisHome(): void {
  const service = installedService();
  if (service === undefined || servesThisHome(service)) return;
  const home = service.env['SIGILFORGE_HOME'] ?? 'the usual folders of this user';
  throw new SigilforgeError('already_exists', `The installed service is that of another home (${home}).`, {
    hint: 'A user has one service. If it shall be for this home, first run: sigilforge daemon uninstall',
  });
}

/** The service with its socket, if it was installed before, and then a daemon that a command has started. */
async function stopAll(control: ServiceControl): Promise<void> {
  await control.stop();
  await stopDaemon();
}
