import { createServer, request } from 'node:https';
import type { Socket } from 'node:net';
import type { KeyPair } from '../wire/authority.js';
import { readBody } from '../wire/loopback.js';

/** A token endpoint with TLS on 127.0.0.1. It gives a new refresh token each time, and knows only the newest one. */
export interface SecureProvider {
  readonly port: number;
  /** The bodies of the requests that reached it. */
  readonly received: readonly string[];
  /** Sends a request as a client does that checks no certificate. */
  askCarelessly(): Promise<void>;
  stop(): Promise<void>;
}

/** `first`: the refresh token that it knows at the beginning. */
export async function startSecureProvider(pair: KeyPair, first = 'r0'): Promise<SecureProvider> {
  const received: string[] = [];
  const sockets = new Set<Socket>();
  let newest = first;
  const server = createServer(pair, async (incoming, response) => {
    const body = await readBody(incoming);
    received.push(body);
    response.setHeader('content-type', 'application/json');
    if (new URLSearchParams(body).get('refresh_token') !== newest)
      return void response.writeHead(400).end('{"error":"invalid_grant"}');
    newest = `r${received.length}`;
    const token = { access_token: `a${received.length}`, refresh_token: newest, expires_in: 3600 };
    response.end(JSON.stringify(token));
  });
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
  });
  server.on('tlsClientError', () => {});
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  return {
    port,
    received,
    askCarelessly: () =>
      new Promise((resolve, reject) => {
        const options = { host: '127.0.0.1', port, method: 'POST', agent: false, rejectUnauthorized: false };
        request(options, (answer) => answer.resume().once('end', () => resolve()))
          .once('error', reject)
          .end('a=b');
      }),
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}
