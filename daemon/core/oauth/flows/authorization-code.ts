import { asSigilforgeError, SigilforgeError } from '../../../../shared/errors.js';
import type { NamedFields } from '../../../../shared/named-fields.js';
import { redirectFields } from '../answers/named-fields.js';
import { authorizationCode, refusalIn } from '../authorization-response.js';
import type { OAuthContext } from '../exchange.js';
import { sentParams } from '../own-params.js';
import { inTheirNames } from '../param-names.js';
import { newNonce, newPkce, newState } from '../pkce.js';
import type { ClientRegistration } from '../registration/client.js';
import { joinScopes } from '../registration/scopes.js';
import { type SignedIn, signInOrThrow } from '../sign-in-exchange.js';
import { type Asked, askedInstead, assumedIn, firstAsked } from './asked.js';
import type { Answered, Outcome } from './callback-page.js';
import type { FlowRequest, PendingFlow } from './flow.js';
import { listenForRedirect } from './loopback.js';
import { pastedResponse } from './pasted-response.js';

/** How long a person may take in the browser. */
const LIFETIME_MS = 10 * 60 * 1000;

/**
 * The authorization code grant with PKCE and a loopback redirect (RFC 6749, section 4.1; RFC 7636; RFC 8252). PKCE is left
 * out only for a server that refuses it, which a person has to say.
 */
export async function beginAuthorizationCode(
  context: OAuthContext,
  request: FlowRequest,
): Promise<PendingFlow> {
  const { client, claimPort, keepOpen, store } = request;
  const { registration } = client;
  const endpoint = authorizationEndpoint(registration);
  const state = newState();
  const nonce = request.scopes.includes('openid') ? newNonce() : undefined;
  const pkce = registration.pkce === 'unsupported' ? undefined : await newPkce();
  const ending = ends();
  let asked = firstAsked(request);

  const finish = async (code: string, response: URLSearchParams): Promise<void> => {
    const verifier = pkce && { code_verifier: pkce.verifier };
    const parameters = { code, redirect_uri: redirect.redirectUri, ...verifier };
    await keepOpen(async () => {
      const signedIn = await signInOrThrow(context, client, 'authorization_code', parameters);
      const fields = redirectFields(registration, response, [code, state]);
      await store({ ...withFields(signedIn, fields), nonce, scopes: asked.scopes });
    });
  };
  const answer = async (response: URLSearchParams): Promise<Outcome> => {
    try {
      const code = authorizationCode(registration, response, { state, ...assumedIn(asked, request) });
      await finish(code, response);
      ending.resolve();
      return {
        ok: true,
        title: `Signed in to ${registration.name}`,
        text: 'You can close this window and return to the terminal.',
      };
    } catch (thrown) {
      const error = asSigilforgeError(thrown);
      ending.reject(error);
      return {
        ok: false,
        title: `Not signed in to ${registration.name}`,
        text: `${error.message} ${error.hint}`,
      };
    }
  };

  // A browser and a pasted address may both come back: a code is exchanged once (RFC 6749, section 4.1.2).
  let answered: Promise<Outcome> | undefined;
  const respond = (response: URLSearchParams): Promise<Outcome> => {
    answered ??= answer(response);
    return answered;
  };

  /** A browser that brings a refusal of something that no person asked for is sent back to ask without it. */
  const respondToBrowser = (response: URLSearchParams): Promise<Answered> => {
    const refusal = refusalIn(response);
    const next = refusal && !answered ? askedInstead(asked, refusal, request) : undefined;
    if (!next) return respond(response);
    asked = next;
    return Promise.resolve({ onward: addressToOpen() });
  };

  const addressToOpen = (): string =>
    authorizationUrl(endpoint, request, asked, {
      redirect_uri: redirect.redirectUri,
      state,
      ...(pkce && { code_challenge: pkce.challenge, code_challenge_method: 'S256' }),
      ...(nonce === undefined ? {} : { nonce }),
    });

  const redirect = await listenForRedirect(registration, { state, respond: respondToBrowser, claimPort });
  const expiry = setTimeout(() => ending.reject(expired()), LIFETIME_MS);
  const done = ending.promise.finally(() => {
    clearTimeout(expiry);
    redirect.close();
  });

  return {
    kind: 'authorization_code',
    prompt: {
      message: `Sign in to ${registration.name} in the browser.`,
      authorizationUrl: addressToOpen(),
      userCode: null,
      verificationUri: null,
      verificationUriComplete: null,
      expiresAt: context.clock.wall() + LIFETIME_MS,
      intervalS: null,
      scopes: asked.scopes,
    },
    done,
    async complete(redirectUrl) {
      await respond(
        pastedResponse(redirectUrl, {
          redirectUri: redirect.redirectUri,
          state,
          names: registration.param_names,
        }),
      );
      await done;
    },
    cancel: (reason) => ending.reject(reason),
  };
}

/**
 * The address of the authorization request (RFC 6749, section 4.1.1); parameters of the endpoint itself are kept. An empty
 * parameter is left out, which is how a person says that one is not to be sent.
 */
function authorizationUrl(
  endpoint: string,
  { client: { registration }, params }: FlowRequest,
  { scopes, prompt }: Asked,
  ours: Readonly<Record<string, string>>,
): string {
  const url = new URL(endpoint);
  const parameters = {
    ...prompt,
    ...registration.authorize_params,
    ...params,
    response_type: 'code',
    client_id: registration.client_id,
    ...(scopes.length > 0 ? { scope: joinScopes(scopes, registration.scope_separator) } : {}),
    ...ours,
  };
  const query = inTheirNames(new URLSearchParams(sentParams(parameters)), registration.param_names);
  for (const [name, value] of query) url.searchParams.set(name, value);
  return url.href;
}

/** A sign-in with what its redirect brought. What came with the tokens, from the server itself, comes before that. */
function withFields({ granted, ...rest }: SignedIn, fields: NamedFields): SignedIn {
  const { tokens, sentAt } = granted;
  return { ...rest, granted: { tokens: { ...tokens, fields: { ...fields, ...tokens.fields } }, sentAt } };
}

function authorizationEndpoint({ authorization_endpoint, id, name }: ClientRegistration): string {
  if (authorization_endpoint !== null) return authorization_endpoint;
  throw new SigilforgeError('config', `No authorization endpoint is known for ${name}.`, {
    hint: `Set it with: sigilforge provider set ${id} --authorization-endpoint URL`,
  });
}

function expired(): SigilforgeError {
  return new SigilforgeError('timeout', 'The sign-in was not finished within ten minutes.', {
    hint: 'Start it again when you are ready.',
  });
}

/** A promise with its two ends; the first call counts. */
function ends() {
  let resolve: () => void = () => {};
  let reject: (error: SigilforgeError) => void = () => {};
  const promise = new Promise<void>((onward, away) => {
    resolve = onward;
    reject = away;
  });
  return { promise, resolve, reject };
}
