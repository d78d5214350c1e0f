import { execFile, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:https';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { endProcess } from '../support/start/processes.js';
import { createAuthority, type KeyPair } from '../support/wire/authority.js';

const run = promisify(execFile);

/** How long it may take to listen. */
const LISTENS_MS = 10_000;

const PROGRAMS = ['oidc-agent', 'oidc-gen', 'oidc-token'];

export function oidcAgentInstalled(): boolean {
  return PROGRAMS.every((program) => spawnSync(program, ['--version']).status === 0);
}

/** An agent that runs, with an account whose access token lives for an hour. */
export interface OidcAgent {
  /** The command that prints the token, and the variables that it needs. */
  readonly command: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  /** What it prints. */
  readonly token: string;
  stop(): Promise<void>;
}

export async function startOidcAgent(base: NodeJS.ProcessEnv): Promise<OidcAgent> {
  const folder = await mkdtemp(path.join(tmpdir(), 'sf-oidc-'));
  const authority = createAuthority();
  const provider = await startStandIn(authority.issue('localhost'));
  await mkdir(path.join(folder, '.oidc-agent'), { mode: 0o700 });
  const own = { ...base, HOME: folder, TMPDIR: folder, OIDC_BENCH_PASSWORD: 'a password' };
  const agent = spawnSync('oidc-agent', [], { env: own, encoding: 'utf8' });
  const { OIDCD_PID: pid, ...found } = variablesIn(agent.stdout);
  const env = { ...own, ...found };
  const stop = async () => {
    if (pid !== undefined) await endProcess(Number(pid));
    await provider.stop();
    await authority.stop();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await listens(found['OIDC_SOCK'] ?? '');
    await addAccount(provider.issuer, authority.file, env);
  } catch (thrown) {
    await stop();
    throw thrown;
  }
  return { command: ['oidc-token', 'bench'], env, token: provider.token, stop };
}

/** What the agent says for a shell to take. */
function variablesIn(text: string): Record<string, string | undefined> {
  return Object.fromEntries(
    [...text.matchAll(/^(OIDC\w+)=([^;]+);/gm)].map(([, name, value]) => [name, value]),
  );
}

/** The agent names its socket before it listens there, and says nothing when it does. */
async function listens(socket: string): Promise<void> {
  const limit = performance.now() + LISTENS_MS;
  while (!(await answers(socket))) {
    if (performance.now() > limit) throw new Error('oidc-agent does not listen.');
    await delay(10);
  }
}

function answers(socket: string): Promise<boolean> {
  return new Promise((resolve) => {
    const peer = connect(socket, () => resolve(true)).once('error', () => resolve(false));
    peer.once('connect', () => peer.destroy());
  });
}

async function addAccount(issuer: string, authority: string, env: NodeJS.ProcessEnv): Promise<void> {
  const client = ['--issuer', issuer, '--client-id', 'bench', '--client-secret', 'none', '--cp', authority];
  const grant = ['--rt', 'a-refresh-token', '--scope', 'openid offline_access', '--manual'];
  const unattended = ['--pw-env=OIDC_BENCH_PASSWORD', '--confirm-default', '--prompt=none'];
  await run('oidc-gen', [...client, ...grant, ...unattended, 'bench'], { env });
}

/** As much of a provider, by TLS, as an account takes that has a refresh token already. */
async function startStandIn(
  pair: KeyPair,
): Promise<{ issuer: string; token: string; stop(): Promise<void> }> {
  const token = 'a-token-as-long-as-such-tokens-are-43-letters';
  const server = createServer(pair, (request, response) => {
    request.resume();
    response.setHeader('content-type', 'application/json').setHeader('connection', 'close');
    const answer = request.url?.startsWith('/.well-known/') ? metadata(issuer) : granted(token);
    response.end(JSON.stringify(answer));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const issuer = `https://localhost:${typeof address === 'object' && address ? address.port : 0}/`;
  const stop = async () => {
    server.close();
    server.closeAllConnections();
  };
  return { issuer, token, stop };
}

const metadata = (issuer: string) => ({
  issuer,
  authorization_endpoint: `${issuer}authorize`,
  token_endpoint: `${issuer}token`,
  jwks_uri: `${issuer}keys`,
  scopes_supported: ['openid', 'offline_access'],
  grant_types_supported: ['authorization_code', 'refresh_token'],
  response_types_supported: ['code'],
});

const granted = (token: string) => ({
  access_token: token,
  token_type: 'Bearer',
  expires_in: 3600,
  refresh_token: 'the-next-refresh-token',
  scope: 'openid offline_access',
});
