import { SigilforgeError } from '../../../shared/errors.js';
import { Secret } from '../../../shared/secret.js';
import { parse } from '../../../shared/validate.js';
import { githubApi } from '../oauth/keys/installation-token.js';
import { GitHubApp } from '../oauth/keys/minting-kind.js';
import type { Providers } from '../providers/providers.js';
import { assertKnownParams, type KeySignIn, noTokenEndpoint, withoutRefresh } from './key-sign-in.js';
import { addressedRequest, credentialMissing, providerIdOf, type SignInRequest } from './sign-in-request.js';

/** A sign-in as a GitHub App, in one place where it is installed. */
export async function readGitHubApp(providers: Providers, request: SignInRequest): Promise<KeySignIn> {
  const { credential } = request;
  const { addresses, params } = addressedRequest(providers, request);
  if (!credential || !('app_id' in credential))
    throw credentialMissing('github_app', 'app_id, installation_id and private_key');
  assertKnownParams(params, ['repositories', 'permissions']);
  const id = providerIdOf(request);
  if (!providers.get(id).flows.includes('github_app')) throw notGitHub(id);
  const { app_id, installation_id } = credential;
  const { registration, secret } = withoutRefresh(
    await providers.client(id, {
      ...addresses,
      flow: 'github_app',
      issuer: request.issuer,
      clientId: app_id,
    }),
  );
  const base = registration.base_url ?? registration.issuer;
  if (base === null) throw noTokenEndpoint(registration);
  const api = githubApi(base);
  const scopes = params['permissions'] === undefined ? (request.scopes ?? []) : listOf(params['permissions']);
  const minting = parse(
    GitHubApp,
    {
      flow: 'github_app',
      app_id,
      installation_id,
      api,
      repositories: listOf(params['repositories']),
      permissions: Object.fromEntries(scopes.map(permissionOf)),
    },
    'add_account',
  );
  return {
    client: { registration: { ...registration, name: 'GitHub', revocation: revocationAt(api) }, secret },
    scopes,
    key: { privateKey: new Secret(credential.private_key), minting },
  };
}

/** GitHub's general revocation does not accept installation tokens: a request of their own ends them. */
function revocationAt(api: string) {
  return {
    endpoint: `${api}/installation/token`,
    token: 'access',
    field: null,
    body: 'empty',
    auth: 'bearer',
    method: 'DELETE',
  } as const;
}

/** `contents:read` as its name and its level. */
function permissionOf(text: string): [name: string, level: string] {
  const [name = '', ...level] = text.split(':');
  return [name, level.join(':')];
}

function listOf(text = ''): string[] {
  return text.split(/[\s,]+/).filter((item) => item !== '');
}

function notGitHub(id: string): SigilforgeError {
  return new SigilforgeError('invalid_params', `The provider ${id} has no GitHub Apps.`, {
    hint: 'Name the provider with --provider github-app. For GitHub Enterprise, add its address: --issuer URL',
  });
}
