import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer as createTlsServer } from 'node:https';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Running } from '../support/start/running.js';
import type { Sandbox } from '../support/start/sandbox.js';

/** An address at which something is wrong, and the end of what makes it so. */
export interface BadAddress {
  readonly url: string;
  stop(): Promise<void>;
}

/** A name that never resolves (RFC 6761, section 6.4). */
export async function unknownName(): Promise<BadAddress> {
  return { url: 'https://id.invalid/token', stop: async () => {} };
}

/** A port on which no server listens. */
export async function closedPort(): Promise<BadAddress> {
  const { url, stop } = await listen(createServer(), 'http');
  await stop();
  return { url, stop: async () => {} };
}

/** Plain bytes where TLS is expected. */
export function withoutTls(): Promise<BadAddress> {
  return listen(
    createServer((socket) => {
      socket.on('error', () => {}).resume();
      socket.end('HTTP/1.1 200 OK\r\n\r\n');
    }),
    'https',
  );
}

/** A server that ends every connection as soon as it is there, and so before it has read anything. */
export function hangingUp(): Promise<BadAddress> {
  return listen(
    createServer((socket) => socket.destroy()),
    'http',
  );
}

export function opensslInstalled(): boolean {
  return spawnSync('openssl', ['version']).status === 0;
}

/** A key and a certificate that no authority has signed. */
export function selfSignedPair(): { key: Buffer; cert: Buffer } {
  const folder = mkdtempSync(join(tmpdir(), 'sf-'));
  const [key, cert] = [join(folder, 'key'), join(folder, 'cert')];
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'];
  const algorithm = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  try {
    const files = ['-keyout', key, '-out', cert];
    execFileSync('openssl', ['req', '-x509', ...algorithm, ...files, ...subject], { stdio: 'ignore' });
    return { key: readFileSync(key), cert: readFileSync(cert) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** TLS with a certificate that no authority has signed. */
export function selfSigned(): Promise<BadAddress> {
  return listen(
    createTlsServer(selfSignedPair(), (_, response) => {
      response.end('{}');
    }),
    'https',
  );
}

/** A server that is stopped, with as many connections waiting as the kernel keeps: the next one gets no answer. */
export async function fullBacklog(sandbox: Sandbox): Promise<BadAddress> {
  const program =
    "require('net').createServer().listen({ port: 0, host: '127.0.0.1', backlog: 1 }, function () { console.log(this.address().port) })";
  const server: Running = sandbox.spawn([process.execPath, '-e', program]);
  const [port] = await server.seen(/\d+/, 'stdout');
  server.child.kill('SIGSTOP');
  const waiting: Socket[] = [];
  while (await connects(Number(port), waiting));
  return {
    url: `http://127.0.0.1:${port}/token`,
    stop: async () => {
      for (const socket of waiting) socket.destroy();
      server.child.kill('SIGKILL');
      await server.exited;
    },
  };
}

/** Whether a connection comes about; where the kernel has room for it, it does at once. */
function connects(port: number, kept: Socket[]): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    kept.push(socket);
    const timer = setTimeout(() => resolve(false), 250);
    socket.once('error', reject);
    socket.once('connect', () => {
      clearTimeout(timer);
      resolve(true);
    });
  });
}

function listen(server: Server, scheme: 'http' | 'https'): Promise<BadAddress> {
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      const port = typeof address === 'object' ? address?.port : undefined;
      const stop = () => new Promise<void>((ended) => server.close(() => ended()));
      resolve({ url: `${scheme}://127.0.0.1:${port}/token`, stop });
    });
  });
}
