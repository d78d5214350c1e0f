import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { secretServiceInstalled, startSecretService } from '../support/keychain/secret-service.js';
import type { Sandbox } from '../support/start/sandbox.js';
import { oidcAgentInstalled, startOidcAgent } from './oidc-agent.js';
import type { TimedProgram } from './spawn-timer.js';

/** Its daemon ends by itself, should this process be killed. */
const GIT_TIMEOUT_S = 120;

/** A program that others take for the same job, ready to answer. */
interface Other {
  readonly program: TimedProgram;
  stop(): void | Promise<void>;
}

/** Those that are installed here. */
export interface Others {
  readonly programs: readonly TimedProgram[];
  stop(): Promise<void>;
}

export async function startOthers(sandbox: Sandbox, runs: number): Promise<Others> {
  const started: Other[] = [];
  const stop = async () => {
    for (const other of started) await other.stop();
  };
  try {
    if (oidcAgentInstalled()) started.push(await startOidc(sandbox.env, runs));
    const git = startGit(path.join(sandbox.home, 'git', 'socket'), sandbox.env, runs);
    if (git !== undefined) started.push(git);
    if (secretServiceInstalled()) started.push(await startKeychain(runs));
  } catch (thrown) {
    await stop();
    throw thrown;
  }
  return { programs: started.map(({ program }) => program), stop };
}

async function startOidc(base: NodeJS.ProcessEnv, runs: number): Promise<Other> {
  const { command, env, token, stop } = await startOidcAgent(base);
  const expected = new RegExp(`^${token}$`, 'm');
  return { program: { name: 'oidc-token', command, env, runs, expected }, stop };
}

function startGit(socket: string, env: NodeJS.ProcessEnv, runs: number): Other | undefined {
  const run = (action: string, input: string) =>
    spawnSync('git', ['credential-cache', `--timeout=${GIT_TIMEOUT_S}`, '--socket', socket, action], {
      env,
      input,
    });
  const asked = 'protocol=https\nhost=example.org\n';
  if (run('store', `${asked}username=ada\npassword=a-token\n\n`).status !== 0) return undefined;
  const command = ['git', 'credential-cache', '--socket', socket, 'get'];
  const program: TimedProgram = {
    ...{ name: 'git credential-cache get', command, env, runs },
    input: `${asked}\n`,
    expected: /^password=a-token$/m,
  };
  return { program, stop: () => void run('exit', '') };
}

async function startKeychain(runs: number): Promise<Other> {
  const { env, stop } = await startSecretService();
  const attributes = ['service', 'bench', 'user', 'ada'];
  spawnSync('secret-tool', ['store', '--label', 'bench', ...attributes], { env, input: 'a-token' });
  const command = ['secret-tool', 'lookup', ...attributes];
  return { program: { name: 'secret-tool lookup', command, env, runs, expected: /^a-token$/ }, stop };
}
