import { userInfo } from 'node:os';
import path from 'node:path';
import { daemonEnvironment } from '../../shared/daemon-environment.js';
import type { Environment } from '../../shared/paths.js';
import { endsWithItsVersion } from '../../shared/service/installed.js';

/**
 * Of what a daemon keeps from its starter: what a service manager does not know. All else it gives by itself, and
 * better, because the desktop and the session bus are other ones at each login.
 */
const KEPT =
  /^(SIGILFORGE_(HOME|SOCKET)|XDG_(CONFIG|DATA|STATE)_HOME|SSL_CERT_(FILE|DIR)|NODE_EXTRA_CA_CERTS|NODE_USE_SYSTEM_CA)$/;
const PROXY = /^(https?|all|no)_proxy$/i;

interface ServiceEnvironment {
  readonly env: Record<string, string>;
  /** Variables that are left out, because they hold a password: any program of the user may read a unit. */
  readonly withheld: readonly string[];
}

export function serviceEnvironment(own: Environment = process.env): ServiceEnvironment {
  const env: Record<string, string> = {};
  const withheld: string[] = [];
  for (const [name, value] of Object.entries(daemonEnvironment(own))) {
    if (PROXY.test(name) && value.includes('@')) withheld.push(name);
    else if (KEPT.test(name) || PROXY.test(name)) env[name] = value;
  }
  const { HOME: home, PATH: folders } = own;
  if (home && home !== userInfo().homedir) env['HOME'] = home;
  const kept = lastingFolders(folders ?? '');
  if (kept !== '') env['PATH'] = kept;
  return { env, withheld };
}

/** `vals`, hooks and what capabilities run are found by PATH, of which a service has only the system's folders. */
function lastingFolders(folders: string): string {
  const lasting = folders
    .split(path.delimiter)
    .filter((folder) => path.isAbsolute(folder) && !endsWithItsVersion(`${folder}/`));
  return [...new Set(lasting)]
    .filter((folder) => !folder.includes('/node_modules/.bin'))
    .join(path.delimiter);
}
