import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';

/** A repository that is served by git's own program over http, to those who bring a password that is valid. */
export interface GitServer {
  readonly address: string;
  /** Without the scheme. */
  readonly host: string;
  /** What it takes at the moment. */
  readonly valid: Set<string>;
  /** The passwords that it was brought, in their order, and the user names. */
  readonly seen: readonly { readonly username: string; readonly password: string }[];
  stop(): Promise<void>;
}

const HEADERS_END = Buffer.from('\r\n\r\n');

/** Serves `folder/project.git`, and `folder/org/project.git`, which are made empty. */
export async function startGitServer(folder: string): Promise<GitServer> {
  for (const name of ['project.git', 'org/project.git']) makeRepository(path.join(folder, name));
  const valid = new Set<string>();
  const seen: { username: string; password: string }[] = [];
  const running = new Set<Promise<void>>();

  const server = http.createServer((request, response) => {
    const given = credentialsOf(request);
    if (given) seen.push(given);
    if (given && valid.has(given.password)) {
      const served = serve(folder, given.username, request, response);
      running.add(served);
      void served.finally(() => running.delete(served));
      return;
    }
    response.writeHead(401, { 'www-authenticate': 'Basic realm="git"' }).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const host = `127.0.0.1:${port}`;
  return {
    address: `http://${host}`,
    host,
    valid,
    seen,
    stop: async () => {
      await Promise.all(running);
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function makeRepository(folder: string): void {
  mkdirSync(folder, { recursive: true });
  for (const args of [
    ['init', '--quiet', '--bare', '--initial-branch=main'],
    ['config', 'http.receivepack', 'true'],
  ]) {
    const { status, stderr } = spawnSync('git', args, { cwd: folder, encoding: 'utf8' });
    if (status !== 0) throw new Error(stderr);
  }
}

function credentialsOf({ headers }: IncomingMessage): { username: string; password: string } | undefined {
  const [, basic] = /^Basic (.+)$/.exec(headers.authorization ?? '') ?? [];
  if (basic === undefined) return undefined;
  const [username = '', ...password] = Buffer.from(basic, 'base64').toString().split(':');
  return { username, password: password.join(':') };
}

/** As a web server does it: the request by variables and standard input (git-http-backend(1)). */
async function serve(
  folder: string,
  user: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { pathname, search } = new URL(request.url ?? '/', 'http://server');
  const child = spawn('git', ['http-backend'], {
    env: {
      PATH: process.env['PATH'],
      GIT_PROJECT_ROOT: folder,
      GIT_HTTP_EXPORT_ALL: '1',
      GIT_CONFIG_COUNT: '1',
      GIT_CONFIG_KEY_0: 'safe.directory',
      GIT_CONFIG_VALUE_0: '*',
      REMOTE_USER: user,
      REQUEST_METHOD: request.method,
      PATH_INFO: decodeURIComponent(pathname),
      QUERY_STRING: search.slice(1),
      CONTENT_TYPE: request.headers['content-type'] ?? '',
      HTTP_CONTENT_ENCODING: request.headers['content-encoding'] ?? '',
      GIT_PROTOCOL: String(request.headers['git-protocol'] ?? ''),
    },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  child.stdin.on('error', () => undefined);
  request.pipe(child.stdin);
  const chunks: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  await new Promise((resolve) => child.once('close', resolve));
  answer(response, Buffer.concat(chunks));
}

function answer(response: ServerResponse, output: Buffer): void {
  const end = output.indexOf(HEADERS_END);
  let status = 200;
  for (const line of output.subarray(0, Math.max(end, 0)).toString().split('\r\n')) {
    const [name = '', value = ''] = line.split(/: (.*)/);
    if (name === 'Status') status = Number.parseInt(value, 10);
    else if (name !== '') response.setHeader(name, value);
  }
  response.writeHead(status).end(output.subarray(end + HEADERS_END.length));
}
