import { readConfigText } from '../shared/config-file.js';
import { type Environment, pinnedDescriptor, pinnedSocket, resolvePaths } from '../shared/paths.js';

/** Where to look for a daemon. */
export interface Address {
  /** The socket's path or the pipe's name; `null` on Windows, where only the daemon knows it. */
  readonly socket: string | null;
  /** What `SIGILFORGE_FD` says, if it counts: the way in where there is no path, or where Unix sockets are forbidden. */
  readonly descriptor?: string;
  /** Whether the caller or the environment named it: then no other way to the daemon may be used. */
  readonly pinned: boolean;
}

/**
 * The socket: the given one, else what `SIGILFORGE_SOCKET` and `SIGILFORGE_FD` say, else that of `config.toml`, else the
 * usual one. Throws `config`, and `unsafe_path` for a `config.toml` that others may change.
 */
export async function findSocket(
  options: { readonly socket?: string } = {},
  env: Environment = process.env,
): Promise<Address> {
  if (options.socket) return { socket: options.socket, pinned: true };
  const pinned = pinnedAddress(env);
  if (pinned !== undefined) return pinned;
  const paths = resolvePaths(env);
  const configured = await socketInConfig(paths.configFile);
  return { socket: configured ?? paths.socket, pinned: false };
}

/** The ways in that the environment names: then there is no other. */
export function pinnedAddress(env: Environment = process.env): Address | undefined {
  const [socket, descriptor] = [pinnedSocket(env), pinnedDescriptor(env)];
  if (socket === undefined && descriptor === undefined) return undefined;
  return { socket: socket ?? null, pinned: true, ...(descriptor === undefined ? {} : { descriptor }) };
}

/** Loads the TOML reader only if the file contains the word, so that the ordinary start stays fast. */
async function socketInConfig(file: string): Promise<string | undefined> {
  const text = readConfigText(file);
  if (!text.includes('socket')) return undefined;
  const { parseConfig } = await import('../shared/config.js');
  return parseConfig(text, file).daemon.socket;
}
