import { type LoopbackServer, listenOnLoopback, type RequestListener } from '../wire/loopback.js';
import { type FaultProxy, startFaultProxy } from './fault-proxy.js';

/** A server that keeps its address while it ends and comes back, because a proxy holds the address. */
export interface BehindProxy {
  /** The address that clients know, without a slash at its end. */
  readonly url: string;
  readonly proxy: FaultProxy;
  /** Token requests that arrived, whatever became of them. */
  count(grantType: string): number;
  /** Ends the server: requests are cut off until it is up again. */
  goDown(): Promise<void>;
  /** Starts another one in its place, which knows what is in the store and nothing else. */
  comeUp(): Promise<void>;
  stop(): Promise<void>;
}

/** Starts a server by `make`, which is called for each start with the address that clients know. */
export async function startBehindProxy(
  make: (url: string) => Promise<RequestListener>,
): Promise<BehindProxy> {
  const proxy = await startFaultProxy();
  let server: LoopbackServer | undefined;
  const goDown = async (): Promise<void> => {
    await server?.stop();
    server = undefined;
  };
  const comeUp = async (): Promise<void> => {
    server = await listenOnLoopback(await make(proxy.url));
    proxy.pointAt(server.url);
  };
  const stop = async (): Promise<void> => {
    await proxy.stop();
    await goDown();
  };
  try {
    await comeUp();
  } catch (thrown) {
    await stop();
    throw thrown;
  }
  return {
    url: proxy.url,
    proxy,
    count: (grantType) => proxy.requests.filter((request) => request.grantType === grantType).length,
    goDown,
    comeUp,
    stop,
  };
}
