import { userInfo } from 'node:os';
import path from 'node:path';
import type { Environment } from '../paths.js';
import { LABEL } from './launchd.js';
import { SERVICE_UNIT, SOCKET_UNIT } from './systemd.js';

/** What keeps the services of a user. */
export type ServiceManager = 'systemd' | 'launchd';

/** Where the files of a user's services are, and the names of ours. */
export interface ServicePlaces {
  readonly manager: ServiceManager;
  readonly folder: string;
  /** Their whole paths, that of the service first. */
  readonly files: readonly string[];
}

/** `undefined` on a platform without such a manager, and for a user without a home. */
export function servicePlaces(
  env: Environment = process.env,
  platform: NodeJS.Platform = process.platform,
): ServicePlaces | undefined {
  const home = env['HOME'] || homeInSystem();
  if (platform === 'win32' || home === undefined || !path.isAbsolute(home)) return undefined;
  if (platform === 'darwin') {
    const folder = path.join(home, 'Library', 'LaunchAgents');
    return { manager: 'launchd', folder, files: [path.join(folder, `${LABEL}.plist`)] };
  }
  const named = env['XDG_CONFIG_HOME'];
  const config = named && path.isAbsolute(named) ? named : path.join(home, '.config');
  const folder = path.join(config, 'systemd', 'user');
  return {
    manager: 'systemd',
    folder,
    files: [SERVICE_UNIT, SOCKET_UNIT].map((name) => path.join(folder, name)),
  };
}

function homeInSystem(): string | undefined {
  try {
    return userInfo().homedir;
  } catch {
    // No entry in passwd(5), as for a numeric user of a container.
    return undefined;
  }
}
