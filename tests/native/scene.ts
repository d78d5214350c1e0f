import { spawn } from 'node:child_process';
import { chmodSync } from 'node:fs';
import { mkdtemp, rm, symlink } from 'node:fs/promises';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { buffer } from 'node:stream/consumers';
import { nativeProgram } from '../../client/native/programs.js';
import { LineDecoder } from '../../shared/framing.js';
import { exitOf } from '../support/start/processes.js';
import { program } from '../support/start/sandbox.js';

/** The built program in C; on machines without a compiler there is none. */
export const NATIVE = nativeProgram('sigilforge');

/** The exit code of the native client where it would have given way, and found no Node. */
export const GAVE_WAY = 127;

export interface Request {
  readonly id: number | string;
  readonly method: string;
  readonly params: unknown;
}

/** What is sent for a request, and whether the connection is closed then. */
export interface Reply {
  readonly bytes: string | Buffer;
  readonly closes?: boolean;
}

interface Result {
  readonly stdout: string;
  readonly stderr: string;
  readonly code: number;
  /** What reached the daemon meanwhile, each different request once, in no order. */
  readonly asked: readonly string[];
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly input?: string | Buffer;
  /** Programs that it is started by. */
  readonly by?: readonly string[];
}

/** A home, and in it a daemon in name only that sends any bytes. */
export interface NativeScene {
  readonly home: string;
  readonly socket: string;
  reply: (request: Request) => Reply;
  native(args: readonly string[], options?: RunOptions): Promise<Result>;
  /** The same where it finds no Node. */
  nativeOnly(args: readonly string[], options?: RunOptions): Promise<Result>;
  node(args: readonly string[], options?: RunOptions): Promise<Result>;
  stop(): Promise<void>;
}

export async function startNativeScene(): Promise<NativeScene> {
  const home = await mkdtemp(path.join(tmpdir(), 'sf-'));
  const socket = path.join(home, 'd.sock');
  // A folder with Node and nothing else, and one with nothing.
  await symlink(process.execPath, path.join(home, 'node'));
  const peers = new Set<net.Socket>();
  const requests: string[] = [];
  const server = net.createServer((peer) => {
    peers.add(peer);
    peer.on('close', () => peers.delete(peer)).on('error', () => undefined);
    const decoder = new LineDecoder();
    peer.on('data', (chunk: Buffer) => {
      for (const line of decoder.push(chunk)) receive(peer, line ?? '');
    });
  });
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  chmodSync(socket, 0o600);

  function receive(peer: net.Socket, line: string): void {
    // A shared stream has empty lines between requests, and each client says first what it expects.
    const request = line === '' ? undefined : (JSON.parse(line) as Request);
    if (request?.id === undefined) return;
    requests.push(JSON.stringify([request.method, request.params]));
    const { bytes, closes } = scene.reply(request);
    if (closes) peer.end(bytes);
    else peer.write(bytes);
  }

  async function run(command: readonly string[], options: RunOptions, PATH: string): Promise<Result> {
    requests.length = 0;
    const [name = '', ...args] = [...(options.by ?? []), ...command];
    const env = { PATH, HOME: home, SIGILFORGE_SOCKET: socket, ...options.env };
    const child = spawn(name, args, { cwd: options.cwd ?? home, env });
    child.stdin.on('error', () => undefined);
    child.stdin.end(options.input ?? '');
    const [stdout, stderr, { code }] = await Promise.all([
      buffer(child.stdout),
      buffer(child.stderr),
      exitOf(child),
    ]);
    return {
      stdout: stdout.toString(),
      stderr: stderr.toString(),
      code: code ?? -1,
      asked: [...new Set(requests)].sort(),
    };
  }

  const scene: NativeScene = {
    home,
    socket,
    reply: () => ({ bytes: '', closes: true }),
    native: (args, options = {}) => run([NATIVE ?? '', ...args], options, home),
    nativeOnly: (args, options = {}) => run([NATIVE ?? '', ...args], options, path.join(home, 'nothing')),
    node: (args, options = {}) => run([...program('sigilforge'), ...args], options, home),
    async stop() {
      for (const peer of peers) peer.destroy();
      await new Promise((resolve) => server.close(resolve));
      await rm(home, { recursive: true, force: true });
    },
  };
  return scene;
}

/** A whole line with a result. */
export function answering(result: unknown): NativeScene['reply'] {
  return ({ id }) => ({ bytes: `${JSON.stringify({ jsonrpc: '2.0', id, result })}\n` });
}

export const TOKEN = {
  access_token: 'token-1',
  token_type: 'Bearer',
  expires_at: '2026-01-31T12:00:00.000Z',
  scopes: ['repo', 'user'],
};
const ACCOUNT = {
  ...{ id: '019b76da-a800-7000-8000-000000000001', service: 'github', account: 'work', kind: 'oauth' },
  ...{ provider: 'github', scopes: [], state: 'ok', created_at: '2026-01-31T12:00:00.000Z' },
  ...{ last_used: null, expires_at: null, revoked_with: [], issued_by: 'https://github.com' },
};
const AWS = {
  access_key_id: 'AKIA',
  secret_access_key: 'secret/+',
  session_token: null,
  expires_at: null,
};
export const SECRET = { key: 'a/b', value: 'secret-1', encoding: 'utf8', backend: 'vault' };
const RESOLVED = {
  value: 'value-1',
  encoding: 'utf8',
  metadata: { kind: 'secret', source: null, expires_at: null },
};

const RESULTS: Readonly<Record<string, unknown>> = {
  get_token: TOKEN,
  get_account: ACCOUNT,
  get_secret: SECRET,
  get_aws_credentials: AWS,
  resolve: RESOLVED,
};

/** As a daemon answers that has what is asked for. */
export function usual(request: Request): Reply {
  const result = RESULTS[request.method];
  if (result !== undefined) return answering(result)(request);
  const error = {
    code: -32001,
    message: 'There is no such thing.',
    data: { kind: 'not_found', hint: 'Look.' },
  };
  return { bytes: `${JSON.stringify({ jsonrpc: '2.0', id: request.id, error })}\n` };
}
