import type net from 'node:net';

/** A server that listens, and the place where clients find it. */
export interface Listener {
  readonly server: net.Server;
  /** The path of its socket, or the name of its pipe. */
  readonly address: string;
  /** Whether that name still leads to this server. */
  isInPlace(): boolean;
  /** Accepts no more clients, and leaves alone what has taken its place. Resolves once its last connection has ended. */
  close(): Promise<void>;
}

export function closed(server: net.Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}
