import { homedir } from 'node:os';
import path from 'node:path';
import { SigilforgeError } from './errors.js';

export type Environment = Readonly<Record<string, string | undefined>>;

/** Every path that Sigilforge uses. It reads and writes nothing outside of them. */
export interface Paths {
  /** `config.toml` */
  readonly configFile: string;
  readonly data: string;
  readonly database: string;
  /** Files that are only kernel-held locks; only `store/lease.ts` opens them. */
  readonly locks: string;
  readonly keyFile: string;
  readonly state: string;
  /** Answers of providers that could not be stored yet, sealed. */
  readonly rescue: string;
  readonly logFile: string;
  /** The socket's path, or `null` on Windows, where `pipeFile` holds the pipe's random name. */
  readonly socket: string | null;
  readonly pipeFile: string;
  /** Whether the environment names the socket: then no other way to a daemon may be used. */
  readonly socketPinned: boolean;
}

/** The longest socket path in bytes that the kernel keeps whole: `sun_path` less its final zero byte. */
const SOCKET_PATH_LIMIT: Partial<Record<NodeJS.Platform, number>> = { linux: 107, darwin: 103 };

/** The places for this environment. `SIGILFORGE_HOME` moves them all, `SIGILFORGE_SOCKET` only the socket. */
export function resolvePaths(
  env: Environment = process.env,
  platform: NodeJS.Platform = process.platform,
): Paths {
  const { config, data, state } = folders(env, platform);
  return {
    configFile: path.join(config, 'config.toml'),
    data,
    database: path.join(data, 'sigilforge.db'),
    locks: path.join(data, 'locks'),
    keyFile: path.join(data, 'vault.key'),
    state,
    rescue: path.join(state, 'rescue'),
    logFile: path.join(state, 'sigilforged.log'),
    socket: env['SIGILFORGE_SOCKET'] || defaultSocket(env, platform, data, state),
    pipeFile: path.join(data, 'pipe'),
    socketPinned: Boolean(env['SIGILFORGE_SOCKET']),
  };
}

/** Whether the platform holds the whole path. */
export function socketPathFits(socket: string, platform: NodeJS.Platform = process.platform): boolean {
  return Buffer.byteLength(socket) <= (SOCKET_PATH_LIMIT[platform] ?? Number.POSITIVE_INFINITY);
}

/** Throws `unsafe_path` if the platform would silently cut the path and bind another one. */
export function assertSocketPathFits(socket: string, platform: NodeJS.Platform = process.platform): void {
  if (socketPathFits(socket, platform)) return;
  const limit = SOCKET_PATH_LIMIT[platform];
  const length = Buffer.byteLength(socket);
  throw new SigilforgeError(
    'unsafe_path',
    `The socket path ${socket} has ${length} bytes, and this platform holds ${limit}.`,
    { hint: 'Name a shorter path in SIGILFORGE_SOCKET or, in config.toml, as daemon.socket.' },
  );
}

interface Folders {
  readonly config: string;
  readonly data: string;
  readonly state: string;
}

function folders(env: Environment, platform: NodeJS.Platform): Folders {
  const root = env['SIGILFORGE_HOME'];
  if (root) {
    const home = path.resolve(root);
    return {
      config: path.join(home, 'config'),
      data: path.join(home, 'data'),
      state: path.join(home, 'state'),
    };
  }
  const home = env['HOME'] || homedir();
  switch (platform) {
    case 'win32':
      return windowsFolders(env, home);
    case 'darwin':
      return {
        config: path.join(home, 'Library', 'Preferences', 'sigilforge'),
        data: path.join(home, 'Library', 'Application Support', 'sigilforge'),
        state: path.join(home, 'Library', 'Logs', 'sigilforge'),
      };
    default:
      return {
        config: path.join(xdg(env, 'XDG_CONFIG_HOME') ?? path.join(home, '.config'), 'sigilforge'),
        data: path.join(xdg(env, 'XDG_DATA_HOME') ?? path.join(home, '.local', 'share'), 'sigilforge'),
        state: path.join(xdg(env, 'XDG_STATE_HOME') ?? path.join(home, '.local', 'state'), 'sigilforge'),
      };
  }
}

function windowsFolders(env: Environment, home: string): Folders {
  const roaming = env['APPDATA'] || path.win32.join(home, 'AppData', 'Roaming');
  const local = path.win32.join(
    env['LOCALAPPDATA'] || path.win32.join(home, 'AppData', 'Local'),
    'sigilforge',
  );
  return {
    config: path.win32.join(roaming, 'sigilforge', 'Config'),
    data: path.win32.join(local, 'Data'),
    state: path.win32.join(local, 'Log'),
  };
}

function defaultSocket(
  env: Environment,
  platform: NodeJS.Platform,
  data: string,
  state: string,
): string | null {
  const name = 'sigilforge.sock';
  if (platform === 'win32') return null;
  if (env['SIGILFORGE_HOME']) return path.resolve(env['SIGILFORGE_HOME'], 'run', name);
  if (platform === 'darwin') return path.join(data, 'run', name);
  const runtime = xdg(env, 'XDG_RUNTIME_DIR');
  return runtime === undefined ? path.join(state, 'run', name) : path.join(runtime, name);
}

/** A folder of the XDG Base Directory Specification, which has relative ones ignored. */
function xdg(env: Environment, name: string): string | undefined {
  const folder = env[name];
  return folder && path.isAbsolute(folder) ? folder : undefined;
}
