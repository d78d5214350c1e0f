import { connect as connectSocket, isIP, type Socket } from 'node:net';
import { connect as connectTls, type SecureContext } from 'node:tls';
import type { Config } from '../../../../shared/config.js';
import { notSent } from './failure.js';
import { hostOf, portOf, proxyFor } from './proxy.js';
import { notConnected } from './reasons.js';
import { trustFor } from './trust.js';
import { openTunnel } from './tunnel.js';

type Network = Config['network'];

/**
 * A connection to the server of `url`, with TLS for https and through a proxy if there is one: nothing was sent to the
 * server yet. `limitMs` is for all of it. Fails with `HttpFailure`.
 */
export async function openConnection(url: URL, network: Network, limitMs: number): Promise<Socket> {
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(), limitMs);
  try {
    return await connected(url, network, limit.signal);
  } catch (thrown) {
    if (!limit.signal.aborted) throw thrown;
    const proxy = proxyFor(url, network.proxy, process.env);
    const way = proxy ? ` through the proxy ${proxy.name}` : '';
    throw notSent(`Connecting to ${url.host}${way} timed out.`, { timedOut: true, cause: thrown });
  } finally {
    clearTimeout(timer);
  }
}

async function connected(url: URL, network: Network, signal: AbortSignal): Promise<Socket> {
  const proxy = proxyFor(url, network.proxy, process.env);
  const trust = url.protocol === 'https:' ? trustFor(network.ca_file, process.env) : undefined;
  if (!proxy) return open(url, url.host, { trust, signal });
  const tunnel = await open(proxy.url, `the proxy ${proxy.name}`, { trust, signal });
  await openTunnel(tunnel, proxy, `${url.hostname}:${portOf(url)}`);
  return open(url, url.host, { trust, signal, tunnel });
}

interface Way {
  readonly trust: SecureContext | undefined;
  readonly signal: AbortSignal;
  /** A connection to the server, if there is one already. */
  readonly tunnel?: Socket;
}

/** One connection, ready to be written to; `name` is how failures name its server. */
function open(url: URL, name: string, { trust, signal, tunnel }: Way): Promise<Socket> {
  const [host, port] = [hostOf(url), portOf(url)];
  const isTls = url.protocol === 'https:';
  const socket = isTls
    ? connectTls({
        ...{ host, port, servername: isIP(host) ? '' : host, ALPNProtocols: ['http/1.1'] },
        ...(tunnel && { socket: tunnel }),
        ...(trust && { secureContext: trust }),
        // Otherwise NODE_TLS_REJECT_UNAUTHORIZED=0 would hand client secrets and refresh tokens to any server.
        rejectUnauthorized: true,
      })
    : connectSocket({ host, port });
  return new Promise((resolve, reject) => {
    const fail = (cause?: Error): void => {
      socket.destroy();
      tunnel?.destroy();
      reject(notConnected(name, cause));
    };
    socket.on('error', fail);
    socket.once('close', () => fail());
    signal.addEventListener('abort', () => fail(), { once: true });
    socket.once(isTls ? 'secureConnect' : 'connect', () => resolve(socket));
  });
}
