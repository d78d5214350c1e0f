import type { CheckedParamsOf, Credential } from '../../../shared/contract/index.js';
import { SigilforgeError } from '../../../shared/errors.js';
import { Secret } from '../../../shared/secret.js';
import { parse } from '../../../shared/validate.js';
import type { ClientWithSecret } from '../oauth/client.js';
import { readSigningKey } from '../oauth/keys/assertion.js';
import { githubApi } from '../oauth/keys/installation-token.js';
import { GitHubApp, JwtBearer, type MintingKey } from '../oauth/keys/minting.js';
import { readKeyFile } from '../oauth/keys/service-account.js';
import type { Providers } from '../providers/providers.js';

type AddAccount = CheckedParamsOf<'add_account'>;

/** All that an account needs whose own private key mints its tokens. */
export interface KeySignIn {
  readonly who: ClientWithSecret;
  /** What is asked for: scopes, or a GitHub App's permissions. */
  readonly scopes: readonly string[];
  readonly key: MintingKey;
}

/** Reads what `add_account` says of a private key. Throws `invalid_params` for a key that nothing can be asked for with. */
export async function readKeySignIn(
  request: AddAccount,
  flow: 'jwt_bearer' | 'github_app',
  providers: Providers,
): Promise<KeySignIn> {
  const signIn = await (flow === 'github_app' ? readGitHubApp : readJwtBearer)(request, providers);
  const { algorithm } = readSigningKey(signIn.key.privateKey);
  if (flow === 'jwt_bearer' || algorithm === 'RS256') return signIn;
  throw new SigilforgeError('invalid_params', 'The private key of a GitHub App is an RSA key.', {
    hint: 'Use the file that GitHub gave you when you made the key.',
  });
}

async function readJwtBearer(request: AddAccount, providers: Providers): Promise<KeySignIn> {
  const { credential, params = {} } = request;
  if (!isJwtCredential(credential)) throw wants('jwt_bearer', 'private_key and issuer');
  assertKnown(params, ['audience']);
  const file = readKeyFile(credential.private_key);
  const issuer = credential.issuer ?? file.issuer;
  if (issuer === undefined) throw wants('jwt_bearer', 'issuer, as its private_key is no whole key file');
  const who = withoutRefresh(
    await providers.client(request.provider ?? request.service, {
      issuer: request.issuer,
      clientId: request.client_id ?? issuer,
    }),
  );
  const client = { ...who.client, token_endpoint: file.tokenEndpoint ?? who.client.token_endpoint };
  const usual = client.quirks.includes('scope_in_assertion') ? client.default_scopes : [];
  const scopes = request.scopes ?? usual;
  const minting = parse(
    JwtBearer,
    {
      flow: 'jwt_bearer',
      issuer,
      subject: credential.subject ?? null,
      audience: params['audience'] ?? client.token_endpoint ?? withoutTokenEndpoint(client.name),
      key_id: credential.key_id ?? file.keyId ?? null,
      scopes,
    },
    'add_account',
  );
  return { who: { ...who, client }, scopes, key: { privateKey: file.privateKey, minting } };
}

async function readGitHubApp(request: AddAccount, providers: Providers): Promise<KeySignIn> {
  const { credential, params = {} } = request;
  if (!credential || !('app_id' in credential))
    throw wants('github_app', 'app_id, installation_id and private_key');
  assertKnown(params, ['repositories', 'permissions']);
  const id = request.provider ?? request.service;
  if (!providers.get(id).flows.includes('github_app')) throw notGitHub(id);
  const { app_id, installation_id } = credential;
  const who = withoutRefresh(await providers.client(id, { issuer: request.issuer, clientId: app_id }));
  const api = githubApi(who.client.base_url ?? who.client.issuer ?? withoutTokenEndpoint(who.client.name));
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
  // GitHub's general revocation takes no installation tokens: they end by a request of their own.
  const revocation = {
    endpoint: `${api}/installation/token`,
    token: 'access',
    field: null,
    body: 'empty',
    auth: 'bearer',
    method: 'DELETE',
  } as const;
  const key = { privateKey: new Secret(credential.private_key), minting };
  return { who: { ...who, client: { ...who.client, name: 'GitHub', revocation } }, scopes, key };
}

function isJwtCredential(
  credential: Credential | undefined,
): credential is Extract<Credential, { private_key: string; app_id?: never }> {
  return credential !== undefined && 'private_key' in credential && !('app_id' in credential);
}

/** What the provider does with refresh tokens is nothing to an account that has none. */
function withoutRefresh({ client, secret }: ClientWithSecret): ClientWithSecret {
  const refresh = { issued: 'never', rotates: 'never', lifetime_s: null, idle_s: null } as const;
  return { client: { ...client, refresh }, secret };
}

/** `contents:read` as its name and its level. */
function permissionOf(text: string): [name: string, level: string] {
  const [name = '', ...level] = text.split(':');
  return [name, level.join(':')];
}

function listOf(text = ''): string[] {
  return text.split(/[\s,]+/).filter((one) => one !== '');
}

function assertKnown(params: Readonly<Record<string, string>>, known: readonly string[]): void {
  if (Object.keys(params).every((name) => known.includes(name))) return;
  throw new SigilforgeError('invalid_params', `Of params this flow knows ${known.join(' and ')} alone.`);
}

function wants(flow: string, fields: string): SigilforgeError {
  return new SigilforgeError('invalid_params', `The flow ${flow} needs a credential with ${fields}.`);
}

function notGitHub(id: string): SigilforgeError {
  return new SigilforgeError('invalid_params', `The provider ${id} has no GitHub Apps.`, {
    hint: 'Name the provider: --provider github-app, and with GitHub Enterprise its address: --issuer URL',
  });
}

function withoutTokenEndpoint(name: string): never {
  throw new SigilforgeError('config', `No token endpoint is known of ${name}.`, {
    hint: 'Name it with: sigilforge provider set ID --token-endpoint URL',
  });
}
