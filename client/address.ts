import { readFileSync } from 'node:fs';
import { resolvePaths } from '../shared/paths.js';

type Environment = Readonly<Record<string, string | undefined>>;

/** Where a daemon is to be looked for. */
export interface Address {
  /** The socket's path or the pipe's name; `null` on Windows where no daemon has written one. */
  readonly socket: string | null;
  /** Whether it was named by the caller or the environment: then nothing may go round it. */
  readonly pinned: boolean;
}

/** The socket: the one given, else of `SIGILFORGE_SOCKET`, else of `config.toml`, else the usual one. Throws `config`. */
export async function findSocket(
  options: { readonly socket?: string } = {},
  env: Environment = process.env,
): Promise<Address> {
  if (options.socket) return { socket: options.socket, pinned: true };
  const paths = resolvePaths(env);
  if (paths.socketPinned) return { socket: paths.socket, pinned: true };
  const configured = await socketInConfig(paths.configFile);
  return { socket: configured ?? paths.socket ?? pipeName(paths.pipeFile), pinned: false };
}

/** The TOML reader is loaded only where the file has the word in it, so that the ordinary start stays quick. */
async function socketInConfig(file: string): Promise<string | undefined> {
  const text = readIfAny(file);
  if (!text?.includes('socket')) return undefined;
  const { parseConfig } = await import('../shared/config.js');
  return parseConfig(text, file).daemon.socket;
}

function pipeName(file: string): string | null {
  return readIfAny(file)?.trim() || null;
}

function readIfAny(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (thrown) {
    if (thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOENT') return undefined;
    throw thrown;
  }
}
