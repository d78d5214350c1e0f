import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { vi } from 'vitest';
import { openDirect } from '../../../client/direct.js';
import { connect, type SigilforgeClient } from '../../../client/index.js';
import { createSandbox, type RunningDaemon, type Sandbox } from './sandbox.js';

/** A daemon or the library, in a home of its own. */
export interface Backend {
  readonly api: SigilforgeClient;
  readonly sandbox: Sandbox;
  /** The process that answers, if it is not this one. */
  readonly daemon?: RunningDaemon;
  /** Another connection to the same daemon, closed with the first one. */
  connect?(): Promise<SigilforgeClient>;
  stop(): Promise<void>;
}

export interface DaemonBackend extends Backend {
  readonly daemon: RunningDaemon;
  /** Another connection to the same daemon, closed with the first one. */
  connect(): Promise<SigilforgeClient>;
}

export interface BackendOptions {
  /** The text of `config.toml`, after a vault whose key lies in a file. */
  readonly config?: string;
  /** Variables of the daemon besides the sandbox's own. */
  readonly env?: NodeJS.ProcessEnv;
}

/** The two that satisfy the contract, for suites that are run with each. */
export const backends: readonly {
  readonly name: string;
  readonly via: SigilforgeClient['via'];
  readonly start: (options?: BackendOptions) => Promise<Backend>;
}[] = [
  { name: 'the daemon', via: 'daemon', start: startDaemon },
  { name: 'the library', via: 'direct', start: startLibrary },
];

/** The built daemon in a process of its own, asked over its socket. */
export async function startDaemon(options: BackendOptions = {}): Promise<DaemonBackend> {
  const sandbox = await createConfiguredSandbox(options);
  try {
    const daemon = await sandbox.startDaemon(options.env);
    const clients: SigilforgeClient[] = [];
    const connectTo = async (): Promise<SigilforgeClient> => {
      const client = await connect({ socket: daemon.socket });
      clients.push(client);
      return client;
    };
    const api = await connectTo();
    const stop = async (): Promise<void> => {
      await Promise.all(clients.map((client) => client.close()));
      await sandbox.stop();
    };
    return { api, sandbox, daemon, connect: connectTo, stop };
  } catch (thrown) {
    await sandbox.stop();
    throw thrown;
  }
}

/** The library in this process, as the client falls back to it. Its home is read while it opens, and never again. */
export async function startLibrary(options: BackendOptions = {}): Promise<Backend> {
  const sandbox = await createConfiguredSandbox(options);
  try {
    const api = await withHome(sandbox.home, connect);
    const stop = async (): Promise<void> => {
      await api.close();
      await sandbox.stop();
    };
    return { api, sandbox, stop };
  } catch (thrown) {
    await sandbox.stop();
    throw thrown;
  }
}

/** The library on the home of a running daemon, closed with the sandbox. */
export async function openBeside(sandbox: Sandbox): Promise<SigilforgeClient> {
  return sandbox.holds(await withHome(sandbox.home, openDirect));
}

/** Not for two at the same moment, because the home is in the environment. */
async function withHome<T>(home: string, open: () => Promise<T>): Promise<T> {
  vi.stubEnv('SIGILFORGE_HOME', home);
  vi.stubEnv('SIGILFORGE_SOCKET', undefined);
  try {
    return await open();
  } finally {
    vi.unstubAllEnvs();
  }
}

/** The key is in a file, so that no test meets the keychain of the person who runs it. */
async function createConfiguredSandbox({ config = '' }: BackendOptions): Promise<Sandbox> {
  const sandbox = await createSandbox();
  const folder = join(sandbox.home, 'config');
  await mkdir(folder, { mode: 0o700 });
  await writeFile(join(folder, 'config.toml'), `[vault]\nkey = "key_file"\n${config}\n`, { mode: 0o600 });
  return sandbox;
}
