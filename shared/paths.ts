import { userInfo } from 'node:os';
import path from 'node:path';
import { isErrno } from './errno.js';
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
  /** Read-only copies of what was trusted, by the ids of their capabilities. */
  readonly capabilities: string;
  /** The working folders of runs under way, by their ids. */
  readonly runs: string;
  /** What runs said and printed, one file each. */
  readonly transcripts: string;
  /** What bots say, a folder each with a file for each day. */
  readonly bots: string;
  /** The usual path of the socket; `null` on Windows, where a pipe has a random name. */
  readonly socket: string | null;
  /** Where the running daemon writes about itself (`shared/presence.ts`). */
  readonly presence: string;
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
    capabilities: path.join(state, 'capabilities'),
    runs: path.join(state, 'runs'),
    transcripts: path.join(state, 'transcripts'),
    bots: path.join(state, 'bots'),
    socket: pinnedSocket(env) ?? defaultSocket(env, platform, data, state),
    presence: path.join(data, 'daemon.json'),
    socketPinned: pinnedSocket(env) !== undefined,
  };
}

/** The socket that the environment names, for which no home is needed. */
export function pinnedSocket(env: Environment = process.env): string | undefined {
  return env['SIGILFORGE_SOCKET'] || undefined;
}

/** What the environment says about an inherited descriptor that leads to a daemon, as `N:DEV:INO`. */
export function pinnedDescriptor(env: Environment = process.env): string | undefined {
  return env['SIGILFORGE_FD'] || undefined;
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
    const home = absolutePath('SIGILFORGE_HOME', root);
    return {
      config: path.join(home, 'config'),
      data: path.join(home, 'data'),
      state: path.join(home, 'state'),
    };
  }
  // Only if it is needed: a user without a home may have named every folder.
  const inHome = (...names: string[]) => rules(platform).join(homeOf(env, platform), ...names);
  switch (platform) {
    case 'win32':
      return windowsFolders(env, inHome);
    case 'darwin':
      return {
        config: inHome('Library', 'Preferences', 'sigilforge'),
        data: inHome('Library', 'Application Support', 'sigilforge'),
        state: inHome('Library', 'Logs', 'sigilforge'),
      };
    default:
      return {
        config: path.join(xdg(env, 'XDG_CONFIG_HOME') ?? inHome('.config'), 'sigilforge'),
        data: path.join(xdg(env, 'XDG_DATA_HOME') ?? inHome('.local', 'share'), 'sigilforge'),
        state: path.join(xdg(env, 'XDG_STATE_HOME') ?? inHome('.local', 'state'), 'sigilforge'),
      };
  }
}

/** The absolute path that a variable means. Throws `config` if it means none. */
export function absolutePath(variable: string, value: string): string {
  if (variable.startsWith('SIGILFORGE_') && /^~[^/\\]*([/\\]|$)/.test(value)) {
    throw misplaced(`${variable} begins with ~ (${value}), which only a shell replaces.`);
  }
  assertUtf8(variable, value);
  try {
    return path.resolve(value);
  } catch (thrown) {
    if (!isErrno(thrown, 'ENOENT')) throw thrown;
    throw misplaced(`${variable} is a relative path (${value}), and the current folder no longer exists.`);
  }
}

/** Node replaces each byte that is not UTF-8, by which the path leads elsewhere, and two paths to the same place. */
function assertUtf8(variable: string, value: string): void {
  if (value.includes('\uFFFD')) throw misplaced(`${variable} has bytes that are not UTF-8 (${value}).`);
}

/** The user's home: of the environment, else of the system. A relative one would be another in each folder. */
function homeOf(env: Environment, platform: NodeJS.Platform): string {
  const { isAbsolute } = rules(platform);
  const variable = platform === 'win32' && env['USERPROFILE'] ? 'USERPROFILE' : 'HOME';
  const named = env[variable];
  if (named) assertUtf8(variable, named);
  if (named && isAbsolute(named)) return named;
  if (named) throw misplaced(`${variable} is not an absolute path (${named}).`);
  const home = homeInSystem();
  if (home && isAbsolute(home)) return home;
  throw misplaced('This user has no home: HOME is not set, and the system knows none.');
}

/** Not `os.homedir()`, which answers an empty HOME with an empty path. */
function homeInSystem(): string | undefined {
  try {
    return userInfo().homedir;
  } catch {
    // No entry in passwd(5), as for a numeric user of a container.
    return undefined;
  }
}

function rules(platform: NodeJS.Platform): path.PlatformPath {
  return platform === 'win32' ? path.win32 : path.posix;
}

function misplaced(sentence: string): SigilforgeError {
  return new SigilforgeError('config', sentence, {
    hint: 'Name a folder of your own, by its whole path, in SIGILFORGE_HOME.',
  });
}

function windowsFolders(env: Environment, inHome: (...names: string[]) => string): Folders {
  const known = (name: string) => (path.win32.isAbsolute(env[name] ?? '') ? env[name] : undefined);
  const roaming = known('APPDATA') ?? inHome('AppData', 'Roaming');
  const local = path.win32.join(known('LOCALAPPDATA') ?? inHome('AppData', 'Local'), 'sigilforge');
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
  if (env['SIGILFORGE_HOME']) return path.join(path.dirname(data), 'run', name);
  if (platform === 'darwin') return path.join(data, 'run', name);
  const runtime = xdg(env, 'XDG_RUNTIME_DIR');
  return runtime === undefined ? path.join(state, 'run', name) : path.join(runtime, name);
}

/** A folder of the XDG Base Directory Specification, which has relative ones ignored. */
function xdg(env: Environment, name: string): string | undefined {
  const folder = env[name];
  if (!folder || !path.isAbsolute(folder)) return undefined;
  assertUtf8(name, folder);
  return folder;
}
