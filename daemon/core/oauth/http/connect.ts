import { connect as connectSocket, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { HttpFailure, notConnected } from './failure.js';

/** A connection to the server of `url`, with TLS for https: nothing was sent on it yet. Fails with `HttpFailure`. */
export function openConnection(url: URL, limitMs: number): Promise<Socket> {
  const isTls = url.protocol === 'https:';
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const port = Number(url.port || (isTls ? 443 : 80));
  const socket = isTls
    ? connectTls({
        ...{ host, port, servername: isIP(host) ? '' : host, ALPNProtocols: ['http/1.1'] },
        // Otherwise NODE_TLS_REJECT_UNAUTHORIZED=0 would hand client secrets and refresh tokens to any server.
        rejectUnauthorized: true,
      })
    : connectSocket({ host, port });
  return new Promise((resolve, reject) => {
    const fail = (failure: HttpFailure): void => {
      clearTimeout(timer);
      socket.destroy();
      reject(failure);
    };
    const timer = setTimeout(
      () =>
        fail(new HttpFailure(`Connecting to ${url.host} timed out.`, { delivered: false, timedOut: true })),
      limitMs,
    );
    socket.on('error', (cause) => fail(notConnected(url.host, cause)));
    socket.once('close', () => fail(notConnected(url.host)));
    socket.once(isTls ? 'secureConnect' : 'connect', () => {
      clearTimeout(timer);
      resolve(socket);
    });
  });
}
