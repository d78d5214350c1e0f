import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { connect, type SigilforgeClient } from '../../../client/index.js';
import { knowProvider } from '../accounts.js';
import type { FaultProxy } from '../provider/fault-proxy.js';
import type { OpenIdProvider, OpenIdProviderOptions } from '../provider/openid-provider.js';
import { startProxiedProvider } from '../provider/proxied-provider.js';
import type { Running } from './running.js';
import { createSandbox, type RunningDaemon, type Sandbox } from './sandbox.js';

export interface SceneOptions {
  readonly provider?: OpenIdProviderOptions;
  /** The text of `config.toml`; without it the key is in a file, and nothing is refreshed unless a test asks. */
  readonly config?: string;
  /** The daemon's variables besides the sandbox's own. */
  readonly env?: NodeJS.ProcessEnv;
  /** The daemon's command line at each start, where it is not the built one. */
  readonly program?: () => readonly string[];
  /** A command line that the daemon's is added to, such as one that enters a namespace. */
  readonly wrap?: (sandbox: Sandbox) => Promise<readonly string[]>;
}

/** A home whose daemon ends and comes back, a client, and a provider with rotating refresh tokens behind a proxy. */
export interface Scene {
  readonly sandbox: Sandbox;
  readonly provider: OpenIdProvider;
  readonly proxy: FaultProxy;
  /** Finds the daemon again after it was restarted. */
  readonly api: SigilforgeClient;
  /** The daemon that `start` started last. */
  readonly daemon: RunningDaemon;
  /** Refresh requests that reached the provider. */
  readonly exchanges: number;
  /** What that daemon has written on standard error so far. */
  readonly log: string;
  /** Another connection to the daemon, closed with the first one. */
  connect(): Promise<SigilforgeClient>;
  /** Starts another daemon, after the last one has ended. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

export const QUIET_CONFIG = '[vault]\nkey = "key_file"\n[refresh]\nidle_days = 0\n';
/** The daemon of `dist`, as a command line. */
export const BUILT: readonly string[] = [
  process.execPath,
  fileURLToPath(new URL('../../../dist/sigilforged.cjs', import.meta.url)),
];

/** Starts a daemon that knows the provider, and no account yet. */
export async function startScene(options: SceneOptions = {}): Promise<Scene> {
  const { config = QUIET_CONFIG, env = {}, wrap, program = () => BUILT } = options;
  const sandbox = await createSandbox();
  const { provider, proxy, stop: stopProvider } = await startProxiedProvider(options.provider);
  await mkdir(join(sandbox.home, 'config'), { mode: 0o700 });
  await writeFile(join(sandbox.home, 'config', 'config.toml'), config, { mode: 0o600 });
  const wrapping = (await wrap?.(sandbox)) ?? [];
  let running: Running;
  const launch = async (): Promise<RunningDaemon> => {
    running = sandbox.spawn([...wrapping, ...program()], { input: '', env });
    const [, ready = ''] = await running.seen(/^(.*)\n/, 'stdout');
    const { pid, child, exited } = running;
    return { pid, child, exited, ready, socket: sandbox.socket };
  };
  let daemon = await launch();
  const clients: SigilforgeClient[] = [];
  const connectTo = async (): Promise<SigilforgeClient> => {
    const client = await connect({ socket: sandbox.socket });
    clients.push(client);
    return client;
  };
  const api = await connectTo();
  await knowProvider(api, provider);
  return {
    connect: connectTo,
    sandbox,
    provider,
    proxy,
    api,
    get daemon() {
      return daemon;
    },
    get exchanges() {
      return provider.counts.token['refresh_token'] ?? 0;
    },
    get log() {
      return running.stderr;
    },
    async start() {
      daemon = await launch();
    },
    async stop() {
      await Promise.all(clients.map((client) => client.close()));
      await sandbox.stop();
      await stopProvider();
    },
  };
}

/** Runs `use` with a scene of its own. */
export async function withScene<T>(use: (scene: Scene) => Promise<T>): Promise<T> {
  const scene = await startScene();
  try {
    return await use(scene);
  } finally {
    await scene.stop();
  }
}
