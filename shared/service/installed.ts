import { accessSync, constants, existsSync, readFileSync } from 'node:fs';
import { errnoOf } from '../errno.js';
import { type Environment, resolvePaths } from '../paths.js';
import { readLaunchd } from './launchd.js';
import { type Authorship, authorshipOf } from './marked.js';
import type { ServicePlan } from './plan.js';
import { type ServiceManager, servicePlaces } from './service-places.js';
import { readSystemd } from './systemd.js';

/** A service that `daemon install` has written, as its files say it now. */
export interface InstalledService extends ServicePlan {
  readonly manager: ServiceManager;
  /** Its files, and whether each is still as it was written. */
  readonly files: readonly { readonly path: string; readonly authorship: Authorship }[];
}

/** What is wrong with a service, and the command that cures it. */
export interface ServiceFault {
  readonly sentence: string;
  readonly hint: string;
}

/** The service of this user, for any home of Sigilforge. `undefined` if `daemon install` has written none. */
export function installedService(
  env: Environment = process.env,
  platform: NodeJS.Platform = process.platform,
): InstalledService | undefined {
  const places = servicePlaces(env, platform);
  const [service = '', socket = ''] = places?.files ?? [];
  const text = readText(service);
  if (places === undefined || text === undefined || authorshipOf(text) === 'foreign') return undefined;
  const { manager } = places;
  const plan =
    manager === 'systemd'
      ? readSystemd(text, readText(socket))
      : readLaunchd(text, resolvePaths(env, platform).socket ?? '');
  return plan && { ...plan, manager, files: writtenFiles(places.files) };
}

/** Whether a service's daemon is the one that this environment means: the one of the same data folder. */
export function servesThisHome(
  { env: own }: Pick<InstalledService, 'env'>,
  env: Environment = process.env,
  platform: NodeJS.Platform = process.platform,
): boolean {
  const home = { HOME: env['HOME'], XDG_RUNTIME_DIR: env['XDG_RUNTIME_DIR'] };
  return resolvePaths({ ...home, ...own }, platform).data === resolvePaths(env, platform).data;
}

/**
 * Why a service does not start, or is not the one that clients look for; the first that is found. `socket`: where they
 * look. A version manager removes a Node with its folder, and with it what the service starts.
 */
export function serviceFault(service: InstalledService, socket: string | null): ServiceFault | undefined {
  const { node, program, manager } = service;
  if (!isProgram(node)) return renewed(`The service starts Node as ${node}, which is not there any more.`);
  if (!existsSync(program)) return renewed(`The service starts ${program}, which is not there any more.`);
  if (manager === 'systemd' && service.socket === '') return renewed('The socket of the service is missing.');
  if (manager === 'systemd' && service.socket !== socket) {
    return renewed(`The service listens on ${service.socket}, and clients look for it on ${socket}.`);
  }
  return undefined;
}

/**
 * Whether a path is gone once what it belongs to is upgraded: version managers of Node, Homebrew, Nix and snap have a
 * folder for each version, and npx one that is cleaned up.
 */
export function endsWithItsVersion(file: string): boolean {
  return VERSIONED.test(file);
}

const VERSIONED =
  /[/@v]\d+\.\d+\.\d+[^/]*\/|\/nix\/store\/|\/snap\/[^/]+\/(?!current\/)|\/_npx\/|\/fnm_multishells\/|^\/(tmp|run)\//;

function renewed(sentence: string): ServiceFault {
  return { sentence, hint: 'Write it again with: sigilforge daemon install' };
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function writtenFiles(files: readonly string[]): InstalledService['files'] {
  return files.flatMap((path) => {
    const text = readText(path);
    return text === undefined ? [] : [{ path, authorship: authorshipOf(text) }];
  });
}

function readText(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (thrown) {
    if (errnoOf(thrown) !== undefined) return undefined;
    throw thrown;
  }
}
