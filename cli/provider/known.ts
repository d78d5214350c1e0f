import type { Api } from '../../shared/contract/index.js';
import { SigilforgeError } from '../../shared/errors.js';
import type { Provider } from '../../shared/provider.js';

/** A provider, and what kept its metadata from being read, if that was so. */
interface Known {
  readonly provider: Provider;
  readonly fault?: SigilforgeError;
}

/** The provider with its metadata. If that is not to be had, what is known without it, and the reason. */
export async function knownProvider(client: Pick<Api, 'getProvider'>, id: string): Promise<Known> {
  try {
    return await client.getProvider({ id, discover: true });
  } catch (thrown) {
    if (!(thrown instanceof SigilforgeError) || !UNDISCOVERED.has(thrown.kind)) throw thrown;
    return { ...(await client.getProvider({ id })), fault: thrown };
  }
}

const UNDISCOVERED: ReadonlySet<string> = new Set(['refresh_failed', 'network', 'timeout']);
