import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { startOpenIdProvider } from '../support/provider/openid-provider.js';
import { signIn } from '../support/provider/person.js';
import { endProcess } from '../support/start/processes.js';
import { createSandbox, type RunningDaemon, type Sandbox } from '../support/start/sandbox.js';

/** The account that is asked for. */
export const ACCOUNT = { service: 'demo', account: 'ada' } as const;

export interface BenchHome {
  readonly sandbox: Sandbox;
  /** Runs `use` while a daemon of this home runs. */
  withDaemon<T>(use: (daemon: RunningDaemon) => Promise<T>): Promise<T>;
  stop(): Promise<void>;
}

/**
 * A home with an account that a real provider has signed in. The vault's key lies in a file, so that no desktop session
 * is needed and none is disturbed. Its processes do not see NODE_EXTRA_CA_CERTS, which triples the time that Node takes
 * to start.
 */
export async function createBenchHome(): Promise<BenchHome> {
  const sandbox = await createSandbox();
  const home: BenchHome = {
    sandbox,
    async withDaemon(use) {
      const daemon = await sandbox.startDaemon();
      try {
        return await use(daemon);
      } finally {
        await endProcess(daemon.pid);
      }
    },
    stop: () => sandbox.stop(),
  };
  try {
    const config = path.join(sandbox.home, 'config');
    await mkdir(config, { mode: 0o700 });
    await writeFile(path.join(config, 'config.toml'), '[vault]\nkey = "key_file"\n', { mode: 0o600 });
    await home.withDaemon(() => addAccount(sandbox));
    return home;
  } catch (thrown) {
    await sandbox.stop();
    throw thrown;
  }
}

async function addAccount(sandbox: Sandbox): Promise<void> {
  const provider = await startOpenIdProvider({ accessTokenLife: 3600 });
  try {
    await sandbox.run([
      ...['provider', 'set', ACCOUNT.service, '--issuer', provider.issuer],
      ...['--client-id', provider.clients.native.clientId, '--scopes', 'openid,offline_access'],
    ]);
    const adding = sandbox.start(['add-account', ACCOUNT.service, ACCOUNT.account]);
    const [address] = await adding.seen(/^http:\S+$/m);
    await signIn(address);
    const { code, stderr } = await adding.exited;
    if (code !== 0) throw new Error(`No account could be added: ${stderr}`);
  } finally {
    await provider.stop();
  }
}
