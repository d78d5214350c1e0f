import { type FakeProvider, type Route, startFakeProvider } from '../support/provider/fake-provider.js';
import { type DaemonBackend, startDaemon } from '../support/start/backends.js';
import { WireClient } from '../support/wire/wire-client.js';

/** What every scene grants: the token of one account, the API key of another, a secret and an outside reference. */
export const GRANTS = [
  'auth://oauth/granted/token',
  'auth://keys/granted/api_key',
  'secret://team/granted',
  'vals:ref+echo://granted',
] as const;

/** A daemon with something granted and something else of each kind. */
export interface DoorScene {
  readonly backend: DaemonBackend;
  readonly provider: FakeProvider;
  /** A connection that may do everything. */
  readonly owner: WireClient;
  /** Ids of what exists and is not granted. */
  readonly ids: { readonly flow: string; readonly subscription: string; readonly door: string };
  stop(): Promise<void>;
}

/** `token` answers at the provider's token endpoint; a bearer token that lives an hour if not given. */
export async function startDoorScene(token: Route = bearer): Promise<DoorScene> {
  const provider = await startFakeProvider({ 'POST /token': token });
  const backend = await startDaemon({ config: '[asking]\ndesktop = false' });
  const owner = await WireClient.connect(backend.daemon.socket);
  // Events must not come between the answers of the owner.
  const subscriber = await WireClient.connect(backend.daemon.socket);
  const call = async (method: string, params: object, client = owner) => {
    const { result, error } = await client.call(method, params);
    if (error !== undefined) throw new Error(`${method}: ${error.message}`);
    return result as Record<string, unknown>;
  };
  const settings = { token_endpoint: `${provider.url}/token`, client_id: 'x', client_secret: 'y' };
  await call('set_provider', {
    id: 'oauth',
    ...settings,
    flows: ['client_credentials', 'authorization_code'],
    authorization_endpoint: `${provider.url}/authorize`,
  });
  for (const account of ['granted', 'other']) {
    await call('add_account', { service: 'oauth', account, flow: 'client_credentials' });
    await call('add_account', { service: 'keys', account, credential: { api_key: `key of ${account}` } });
    await call('set_secret', { key: `team/${account}`, value: `secret of ${account}` });
  }
  const { flow_id } = await call('add_account', {
    service: 'oauth',
    account: 'pending',
    flow: 'authorization_code',
  });
  const { subscription } = await call('subscribe', { topics: ['accounts'] }, subscriber);
  const { door } = await call('open_door', { grants: [], name: 'other' });
  return {
    ...{ backend, provider, owner },
    ids: { flow: String(flow_id), subscription: String(subscription), door: String(door) },
    async stop() {
      await Promise.all([owner.stop(), subscriber.stop()]);
      await backend.stop();
      await provider.stop();
    },
  };
}

function bearer(): { body: object } {
  return { body: { access_token: 'a token', token_type: 'Bearer', expires_in: 3600 } };
}
