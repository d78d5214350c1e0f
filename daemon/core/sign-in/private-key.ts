import { SigilforgeError } from '../../../shared/errors.js';
import type { OAuthContext } from '../oauth/exchange.js';
import { mintOrThrow } from '../oauth/keys/minting.js';
import { readSigningKey } from '../oauth/signing/assertion.js';
import type { Providers } from '../providers/providers.js';
import { readGitHubApp } from './github-app.js';
import { readJwtBearer } from './jwt-bearer.js';
import type { KeySignIn } from './key-sign-in.js';
import type { SignInRequest } from './sign-in-request.js';
import type { SignInStore } from './sign-in-store.js';

type KeyFlow = 'jwt_bearer' | 'github_app';

/** Signs in with a private key, and proves it by minting the first token with it. */
export async function addPrivateKey(
  oauth: OAuthContext,
  { providers, store }: { readonly providers: Providers; readonly store: SignInStore },
  request: SignInRequest,
  flow: KeyFlow,
): Promise<string[]> {
  const { service, account, replace } = request;
  const { client, scopes, key } = await readKeySignIn(providers, request, flow);
  const granted = await mintOrThrow(oauth, client, key);
  return store.storeSignIn({ service, account, replace, flow, client, scopes, granted, key });
}

/** What `add_account` says about a private key. Throws `invalid_params` if the key cannot be used to request tokens. */
async function readKeySignIn(
  providers: Providers,
  request: SignInRequest,
  flow: KeyFlow,
): Promise<KeySignIn> {
  const signIn = await (flow === 'github_app' ? readGitHubApp : readJwtBearer)(providers, request);
  const { algorithm } = readSigningKey(signIn.key.privateKey);
  if (flow === 'jwt_bearer' || algorithm === 'RS256') return signIn;
  throw new SigilforgeError('invalid_params', 'The private key of a GitHub App must be an RSA key.', {
    hint: 'Use the file that GitHub gave you when you made the key.',
  });
}
