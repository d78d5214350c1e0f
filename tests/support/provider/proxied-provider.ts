import { type FaultProxy, startFaultProxy } from './fault-proxy.js';
import { type OpenIdProvider, type OpenIdProviderOptions, startOpenIdProvider } from './openid-provider.js';

export interface ProxiedProvider {
  readonly provider: OpenIdProvider;
  readonly proxy: FaultProxy;
  stop(): Promise<void>;
}

/** A provider that is reached through a proxy, and has the proxy's address as its issuer. */
export async function startProxiedProvider(options: OpenIdProviderOptions = {}): Promise<ProxiedProvider> {
  const proxy = await startFaultProxy();
  const provider = await startOpenIdProvider({ ...options, issuer: proxy.url });
  proxy.pointAt(provider.address);
  return {
    provider,
    proxy,
    async stop() {
      await proxy.stop();
      await provider.stop();
    },
  };
}
