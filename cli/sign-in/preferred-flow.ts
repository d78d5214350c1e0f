import type { Api, ParamsOf, ResultOf } from '../../shared/contract/index.js';
import { SigilforgeError } from '../../shared/errors.js';
import type { Provider } from '../../shared/provider.js';
import { knownProvider } from '../provider/known.js';
import { untilInterrupted } from '../terminal/interrupt.js';
import type { Output } from '../terminal/output.js';

type Request = ParamsOf<'add_account'>;

interface Surroundings {
  readonly client: Pick<Api, 'addAccount' | 'getProvider'>;
  readonly output: Output;
}

/**
 * Begins a sign-in for a person who has no browser here: with a code for another device, where the provider and the client
 * can do that, and else in the provider's usual way.
 */
export async function beginWithoutBrowser(
  { client, output }: Surroundings,
  request: Request,
): Promise<ResultOf<'add_account'>> {
  const asking = <T>(work: Promise<T>): Promise<T> =>
    untilInterrupted(output.waiting('Asking the provider…', work));
  if (request.flow !== undefined || request.credential !== undefined)
    return asking(client.addAccount(request));
  const provider = await asking(knownOrNot(client, request.provider ?? request.service));
  if (provider === undefined || !isBestWithoutBrowser(provider)) return asking(client.addAccount(request));
  try {
    return await asking(client.addAccount({ ...request, flow: 'device_code' }));
  } catch (thrown) {
    if (!isRefusedFlow(thrown)) throw thrown;
    const started = await asking(client.addAccount(request));
    output.notice(`${provider.name} gives this client no code for another device.`);
    return started;
  }
}

/**
 * Whether the device flow is worth a try with the client of the other one. Where a secret is required, the device flow wants
 * a client of another kind (Google).
 */
function isBestWithoutBrowser({
  flows,
  client_secret,
  device_authorization_endpoint,
}: Pick<Provider, 'flows' | 'client_secret' | 'device_authorization_endpoint'>): boolean {
  return (
    flows.includes('device_code') && device_authorization_endpoint !== null && client_secret !== 'required'
  );
}

/** What says that the client may not use this flow, rather than that nothing works, or that something is missing first. */
function isRefusedFlow(thrown: unknown): boolean {
  if (!(thrown instanceof SigilforgeError) || thrown.needs !== undefined) return false;
  return ['config', 'denied', 'invalid_params', 'refresh_failed', 'auth_required'].includes(thrown.kind);
}

async function knownOrNot(client: Pick<Api, 'getProvider'>, id: string): Promise<Provider | undefined> {
  try {
    return (await knownProvider(client, id)).provider;
  } catch {
    // The sign-in itself says what is wrong.
    return undefined;
  }
}
