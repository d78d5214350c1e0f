import { createServer, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { connect, type Socket } from 'node:net';
import type { KeyPair } from './authority.js';

/** What the proxy was asked for. */
interface AskedConnection {
  readonly target: string;
  readonly authorization: string | undefined;
}

export interface ConnectProxy {
  readonly port: number;
  readonly asked: readonly AskedConnection[];
  /** Answers every later request with these bytes, and opens no connection; or with nothing at all. */
  refuse(answer: string | 'nothing'): void;
  stop(): Promise<void>;
}

interface ConnectProxyOptions {
  /** `user:password`, without which it opens no connection. */
  readonly credentials?: string;
  /** Its certificate, if it is reached by TLS. */
  readonly pair?: KeyPair;
}

/** A proxy that knows every name, and finds all of them at one port of 127.0.0.1. */
export async function startConnectProxy(
  port: number,
  { credentials, pair }: ConnectProxyOptions = {},
): Promise<ConnectProxy> {
  const asked: AskedConnection[] = [];
  const sockets = new Set<Socket>();
  let refusal: string | undefined;
  const wanted = credentials && `Basic ${Buffer.from(credentials).toString('base64')}`;
  const server: Server = pair ? createTlsServer(pair) : createServer();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
  });
  server.on('connect', (request, socket: Socket) => {
    const authorization = request.headers['proxy-authorization'];
    asked.push({ target: request.url ?? '', authorization });
    socket.on('error', () => {});
    if (refusal === 'nothing') return;
    if (refusal !== undefined) return void socket.end(refusal);
    if (wanted && authorization !== wanted)
      return void socket.end(
        'HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm="x"\r\n\r\n',
      );
    const onward = connect(port, '127.0.0.1');
    sockets.add(onward);
    onward.once('connect', () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      socket.pipe(onward).pipe(socket);
    });
    onward.on('error', () => socket.destroy());
    socket.once('close', () => onward.destroy());
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const address = server.address();
  return {
    port: typeof address === 'object' && address ? address.port : 0,
    asked,
    refuse(answer) {
      refusal = answer;
    },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}
