import { findSocket } from '../../client/address.js';
import { builtProgram } from '../../shared/built-program.js';
import { childOptions } from '../../shared/child-options.js';
import { SigilforgeError } from '../../shared/errors.js';
import { assertSocketPathFits, pinnedDescriptor, resolvePaths } from '../../shared/paths.js';
import { launchdFiles } from '../../shared/service/launchd.js';
import { assertWritable, type ServiceFile, type ServicePlan } from '../../shared/service/plan.js';
import { type ServicePlaces, servicePlaces } from '../../shared/service/service-places.js';
import { systemdFiles } from '../../shared/service/systemd.js';
import { serviceEnvironment } from './inherited-variables.js';
import { lastingNode, lastingProgram } from './lasting-path.js';
import { WITHOUT } from './manager-program.js';

/** A service as `daemon install` would write it here and now. */
export interface PlannedService extends ServicePlaces {
  readonly plan: ServicePlan;
  readonly written: readonly ServiceFile[];
  /** Variables that are left out, because they hold a password. */
  readonly withheld: readonly string[];
}

/** Throws `incompatible` on a platform without services of users, and `unsafe_path` for paths that none can be given. */
export async function plannedService(): Promise<PlannedService> {
  const places = servicePlaces();
  if (places === undefined) throw unsupported();
  const { env, withheld } = serviceEnvironment();
  const plan = {
    ...{ env, options: childOptions(), socket: await socketOfDaemon() },
    node: await lastingNode(process.execPath, {
      ...(process.env['HOME'] && { HOME: process.env['HOME'] }),
      ...env,
    }),
    program: lastingProgram(builtProgram('sigilforged.cjs')),
  };
  assertWritable(plan);
  assertSocketPathFits(plan.socket);
  const written =
    places.manager === 'systemd'
      ? systemdFiles(places.folder, plan)
      : launchdFiles(places.folder, plan, resolvePaths().logFile);
  return { ...places, plan, written, withheld };
}

/** Within a grant the way to the daemon is a door, which is gone with its program. */
async function socketOfDaemon(): Promise<string> {
  const { socket } = await findSocket();
  if (socket !== null && pinnedDescriptor() === undefined) return socket;
  throw new SigilforgeError('denied', 'A program that was given a part of the daemon cannot install it.', {
    hint: 'Run it outside of sigilforge exec: sigilforge daemon install',
  });
}

function unsupported(): SigilforgeError {
  const hint =
    process.platform === 'win32'
      ? 'Start the daemon at login by a shortcut in the folder that Windows opens by "shell:startup": sigilforge daemon start'
      : WITHOUT;
  return new SigilforgeError('incompatible', 'Sigilforge cannot be installed as a service here.', { hint });
}
