import { absolutePath, type Environment } from './paths.js';

/**
 * What a daemon and the programs that it runs need from the environment of its starter. It lives long, so it gets nothing
 * else: no credential, and nothing that changes how Node works, such as NODE_OPTIONS or NODE_TLS_REJECT_UNAUTHORIZED.
 */
const NEEDED = new Set([
  'HOME',
  'USER',
  'LOGNAME',
  'PATH',
  'LANG',
  'TZ',
  'DBUS_SESSION_BUS_ADDRESS',
  'DISPLAY',
  'WAYLAND_DISPLAY',
  'XAUTHORITY',
  'SSH_CONNECTION',
  'SSH_TTY',
  'SIGILFORGE_HOME',
  'SIGILFORGE_SOCKET',
  'CREDENTIALS_DIRECTORY',
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
  'NODE_EXTRA_CA_CERTS',
  'NODE_USE_SYSTEM_CA',
  'HTTP_PROXY',
  'HTTPS_PROXY',
  'ALL_PROXY',
  'NO_PROXY',
  'SYSTEMROOT',
  'APPDATA',
  'LOCALAPPDATA',
  'USERPROFILE',
  'TMPDIR',
  'TEMP',
  'TMP',
]);

const NEEDED_PREFIXES = ['LC_', 'XDG_'];

/** Paths that are relative to the starter's folder, which is not the daemon's. */
const PATHS = new Set([
  'SIGILFORGE_HOME',
  'SIGILFORGE_SOCKET',
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
  'NODE_EXTRA_CA_CERTS',
]);

/** The environment to start a daemon with: the names above in any case, with absolute paths. */
export function daemonEnvironment(env: Environment = process.env): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const [name, value] of Object.entries(env)) {
    if (value && isNeeded(name.toUpperCase()))
      kept[name] = PATHS.has(name) ? absolutePath(name, value) : value;
  }
  return kept;
}

function isNeeded(name: string): boolean {
  return NEEDED.has(name) || NEEDED_PREFIXES.some((prefix) => name.startsWith(prefix));
}

/** Leaves this process, and every program that it starts from now on, only that environment. */
export function keepDaemonEnvironment(): void {
  const kept = daemonEnvironment();
  for (const name of Object.keys(process.env)) if (!(name in kept)) delete process.env[name];
  Object.assign(process.env, kept);
}
