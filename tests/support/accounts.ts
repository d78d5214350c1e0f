import type { AccountInfo, Api, ParamsOf, ResultOf } from '../../shared/contract/index.js';
import type { OpenIdClient } from './provider/openid-clients.js';
import type { OpenIdProvider } from './provider/openid-provider.js';
import { signIn } from './provider/person.js';
import type { Sandbox } from './start/sandbox.js';
import * as stored from './stored.js';

export const SERVICE = 'example';
export const ACCOUNT = 'work';
/** The account that most tests sign in with. */
export const work = { service: SERVICE, account: ACCOUNT };

/** Makes the OpenID provider known as `example`, with one of its clients. */
export async function knowProvider(
  api: Api,
  provider: Pick<OpenIdProvider, 'issuer' | 'clients'>,
  client: OpenIdClient = provider.clients.native,
  settings: Partial<ParamsOf<'set_provider'>> = {},
): Promise<void> {
  await api.setProvider({
    id: SERVICE,
    issuer: provider.issuer,
    client_id: client.clientId,
    ...(client.clientSecret === '' ? {} : { client_secret: client.clientSecret, client_auth: client.auth }),
    default_scopes: ['openid', 'profile'],
    ...settings,
  });
}

/** A sign-in that was begun, and the address to open in the browser. */
export interface Begun {
  readonly flowId: string;
  readonly address: string;
  /** Where the browser is to come back to. */
  readonly redirectUri: string;
  readonly state: string;
  readonly started: ResultOf<'add_account'>;
}

/** Begins a sign-in by the browser. */
export async function begin(api: Api, params: Partial<ParamsOf<'add_account'>> = {}): Promise<Begun> {
  const started = await api.addAccount({ ...work, flow: 'authorization_code', ...params });
  const address = started.authorization_url ?? '';
  const query = new URL(address).searchParams;
  return {
    flowId: started.flow_id ?? '',
    address,
    redirectUri: query.get('redirect_uri') ?? '',
    state: query.get('state') ?? '',
    started,
  };
}

/** A whole sign-in, the person's part included. */
export async function addAccount(
  api: Api,
  params: Partial<ParamsOf<'add_account'>> = {},
): Promise<AccountInfo> {
  const { flowId, address } = await begin(api, params);
  await signIn(address);
  return completed(api, flowId);
}

/** Signs in, and lets the access token expire; the token of a refresh lives for an hour. */
export async function signInExpired(
  { api, sandbox }: { readonly api: Api; readonly sandbox: Sandbox },
  params: Partial<ParamsOf<'add_account'>> = {},
): Promise<AccountInfo> {
  const account = await addAccount(api, params);
  stored.expire(sandbox.home);
  return account;
}

/** The account that a sign-in ends with; throws the error that it ended with. */
export async function completed(api: Api, flowId: string): Promise<AccountInfo> {
  const { account } = await api.waitFlow({ flow_id: flowId, timeout_s: 60 });
  if (account) return account;
  throw new Error('The sign-in did not end within its time.');
}

/** Whether a sign-in still waits for its person. */
export async function isPending(api: Api, flowId: string): Promise<boolean> {
  const { state } = await api.waitFlow({ flow_id: flowId, timeout_s: 0 });
  return state === 'pending';
}

/** The address that a browser comes back by, with a response of one's own choice. */
export function callback({ redirectUri, state }: Begun, response: Record<string, string>): string {
  const url = new URL(redirectUri);
  url.search = new URLSearchParams({ state, ...response }).toString();
  return url.href;
}
