import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';

/** An http server on 127.0.0.1 and a free port. */
export interface LoopbackServer {
  /** `http://127.0.0.1:PORT`, without a slash at its end. */
  readonly url: string;
  /** Ends the server and every connection to it. */
  stop(): Promise<void>;
}

export type RequestListener = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

/** Ports that the Fetch standard blocks and a system may give out as free ones. */
const BLOCKED_PORTS = new Set([
  2049, 3659, 4045, 4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667, 6668, 6669, 6697, 10080,
]);

/** Listens on a free port of 127.0.0.1. A listener that throws cuts the connection. */
export async function listenOnLoopback(listener: RequestListener): Promise<LoopbackServer> {
  const server = createServer((request, response) => {
    listener(request, response).catch(() => request.socket.destroy());
  });
  const port = await listen(server);
  if (BLOCKED_PORTS.has(port)) {
    const another = await listenOnLoopback(listener);
    await close(server);
    return another;
  }
  return { url: `http://127.0.0.1:${port}`, stop: () => close(server) };
}

/** The whole body of a request, as text. */
export async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

/** The path of a request, without its query. */
export function pathOf(request: IncomingMessage): string {
  return new URL(request.url ?? '/', 'http://127.0.0.1').pathname;
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      if (address === null || typeof address === 'string') reject(new Error('The server has no port.'));
      else resolve(address.port);
    });
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
