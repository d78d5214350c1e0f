import * as v from 'valibot';
import { parseJson } from '../../../shared/json.js';
import { Minting } from '../oauth/keys/minting-kind.js';
import { ClientRegistration } from '../oauth/registration/client.js';
import { withAddresses } from '../providers/addresses.js';
import { builtinProviders } from '../providers/builtin/index.js';
import type { AccountFields } from '../store/accounts.js';

/** What of an account its sign-in depends on. */
export type SignedIn = Pick<
  AccountFields,
  'service' | 'account' | 'flow' | 'client' | 'minting' | 'askedScopes'
>;

/** Parameters of a sign-in that an account keeps, because each refresh says them again. */
const SAID_AGAIN = ['audience', 'resource'];

/** The command that signs in again to an account, with everything that its sign-in said: without it, another grant may come. */
export function signInCommand(account: SignedIn): string {
  const options = [...providerOptions(account), ...flowOptions(account)].map(shellWord);
  return ['sigilforge add-account', account.service, account.account, '--replace', ...options].join(' ');
}

function providerOptions({ service, client, askedScopes }: SignedIn): string[] {
  const registration = read(ClientRegistration, client);
  if (!registration) return [];
  const { id, base_url, default_scopes, refresh_params, address_params } = registration;
  const builtin = builtinProviders.get(id);
  const base = builtin && withAddresses(builtin, address_params).base_url;
  const scopes = read(v.array(v.string()), askedScopes) ?? [];
  const usual = scopes.length === 0 || scopes.join() === default_scopes.join();
  const moved = base_url !== null && base_url !== base;
  return [
    ...(id === service ? [] : ['--provider', id]),
    ...(moved ? ['--issuer', base_url] : []),
    ...(usual ? [] : ['--scopes', scopes.join()]),
    ...Object.entries(address_params).flatMap(([name, value]) => ['--param', `${name}=${value}`]),
    ...Object.entries(refresh_params)
      .filter(([name, value]) => SAID_AGAIN.includes(name) && builtin?.refresh_params[name] !== value)
      .flatMap(([name, value]) => ['--param', `${name}=${value}`]),
  ];
}

/** A file's name is not kept: FILE stands for it. */
function flowOptions({ flow, minting }: SignedIn): string[] {
  switch (flow) {
    case 'authorization_code':
      return [];
    case 'api_key':
      return ['--api-key'];
    case 'jwt_bearer':
      return ['--key-file', 'FILE'];
    case 'github_app': {
      const app = read(Minting, minting);
      const ids = app?.flow === 'github_app' ? app : { app_id: 'ID', installation_id: 'ID' };
      return ['--key-file', 'FILE', '--app-id', ids.app_id, '--installation-id', ids.installation_id];
    }
    default:
      return ['--flow', flow];
  }
}

/** `undefined` if there is none, or if it is damaged: a hint never fails. */
function read<S extends v.GenericSchema>(schema: S, text: string | null): v.InferOutput<S> | undefined {
  const checked = v.safeParse(schema, parseJson(text ?? ''));
  return checked.success ? checked.output : undefined;
}

/** A word as a shell takes it. */
function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
