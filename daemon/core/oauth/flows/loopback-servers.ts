import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { errnoOf, isErrno } from '../../../../shared/errno.js';
import { SigilforgeError } from '../../../../shared/errors.js';

/** The machine has no such interface, so no other program can listen there either. Any other error says nothing of that. */
const NO_SUCH_ADDRESS = ['EADDRNOTAVAIL', 'EAFNOSUPPORT'] as const;

/** How many ports are tried for one that is free on every host. */
const ATTEMPTS = 20;

/** Bytes of a request line with its headers: codes are long if they hold what was granted, and as long as one may be pasted. */
const LONGEST_REQUEST = 128 * 1024;

/** Where to listen, and for which provider, which the hint names if that is not possible. */
interface Wanted {
  readonly hosts: readonly string[];
  readonly port: number | 'any';
  readonly provider: string;
}

/** Servers on one port of all hosts that a browser may try. */
export interface LoopbackServers {
  readonly port: number;
  close(): void;
}

/**
 * Listens on every host that exists, on the same port: on the one that is left out, another user could wait for the answer.
 * With the port `any`, one that is free on all of them is looked for. Throws `config` if there is none.
 */
export async function listenOnLoopback(
  wanted: Wanted,
  handler: http.RequestListener,
): Promise<LoopbackServers> {
  let taken: unknown;
  for (let attempt = 0; attempt < (wanted.port === 'any' ? ATTEMPTS : 1); attempt += 1) {
    try {
      return await listenOnAll(wanted, handler);
    } catch (thrown) {
      taken = thrown;
      if (!(thrown instanceof SigilforgeError) || !isErrno(thrown.cause, 'EADDRINUSE')) throw thrown;
    }
  }
  throw taken;
}

async function listenOnAll(wanted: Wanted, handler: http.RequestListener): Promise<LoopbackServers> {
  const { hosts, provider } = wanted;
  const servers: http.Server[] = [];
  let port = wanted.port === 'any' ? 0 : wanted.port;
  let absent: unknown;
  const close = (): void => servers.forEach(closeServer);
  for (const host of hosts) {
    const server = http.createServer({ maxHeaderSize: LONGEST_REQUEST }, handler);
    try {
      port = await listen(server, host, port);
      servers.push(server);
    } catch (cause) {
      absent = cause;
      if (isErrno(cause, ...NO_SUCH_ADDRESS)) continue;
      close();
      throw notFree(provider, { host, port, cause });
    }
  }
  if (servers.length === 0) throw notFree(provider, { host: hosts[0] ?? '', port, cause: absent });
  return { port, close };
}

/** The port that it listens on, chosen by the system for 0. Rejects with the system call's error. */
function listen(server: http.Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.on('error', reject);
    server.listen(port, host, () => resolve((server.address() as AddressInfo).port));
  });
}

function notFree(
  provider: string,
  { host, port, cause }: { readonly host: string; readonly port: number; readonly cause: unknown },
): SigilforgeError {
  const address = `${host.includes(':') ? `[${host}]` : host}:${port}`;
  const code = errnoOf(cause) ?? 'unknown';
  const reason = code === 'EADDRINUSE' ? 'another program listens there' : code;
  return new SigilforgeError('config', `Cannot listen on ${address} for the browser's redirect: ${reason}.`, {
    hint: `${code === 'EADDRINUSE' ? 'End that program, or register' : 'Register'} another redirect URI with the provider, and set it with: sigilforge provider set ${provider} --redirect-uri URL`,
    cause,
  });
}

/** The last page is sent well within a second; a silent connection would keep the process alive forever. */
function closeServer(server: http.Server): void {
  const linger = setTimeout(() => server.closeAllConnections(), 1_000);
  server.close(() => clearTimeout(linger));
  server.closeIdleConnections();
}
