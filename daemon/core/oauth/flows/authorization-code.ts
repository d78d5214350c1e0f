import { asSigilforgeError, SigilforgeError } from '../../../../shared/errors.js';
import type { OAuthClient } from '../client.js';
import { exchangeOrThrow } from '../exchange.js';
import { authorizationCode, judgeIdToken, newPkce, newState } from '../protocol.js';
import type { Outcome } from './callback-page.js';
import type { FlowRequest, PendingFlow } from './flow.js';
import { listenForRedirect, stateMatches } from './loopback.js';

/** How long a person may take in the browser. */
const LIFETIME_MS = 10 * 60 * 1000;
const OUT_OF_BAND = 'urn:ietf:wg:oauth:2.0:oob';

/** The authorization code grant with PKCE and a loopback redirect (RFC 6749, section 4.1; RFC 7636; RFC 8252). */
export async function beginAuthorizationCode(request: FlowRequest): Promise<PendingFlow> {
  const { who, context, keepOpen, store } = request;
  const { client } = who;
  const endpoint = authorizationEndpoint(client);
  const state = newState();
  const pkce = await newPkce();
  const ending = ends();

  const finish = async (code: string): Promise<void> => {
    const parameters = { code, redirect_uri: redirect.redirectUri, code_verifier: pkce.verifier };
    await keepOpen(async () => {
      const granted = await exchangeOrThrow(who, 'authorization_code', parameters, context);
      await judgeIdToken(client, granted.tokens);
      await store(granted);
    });
  };
  const answer = async (response: URLSearchParams): Promise<Outcome> => {
    try {
      await finish(authorizationCode(client, response, state));
      ending.resolve();
      return {
        ok: true,
        title: `Signed in to ${client.name}`,
        text: 'You can close this window and go back to the terminal.',
      };
    } catch (thrown) {
      const error = asSigilforgeError(thrown);
      ending.reject(error);
      return { ok: false, title: `Not signed in to ${client.name}`, text: `${error.message} ${error.hint}` };
    }
  };

  // A browser and a pasted address may both come back: a code is exchanged once (RFC 6749, section 4.1.2).
  let answered: Promise<Outcome> | undefined;
  const respond = (response: URLSearchParams): Promise<Outcome> => {
    answered ??= answer(response);
    return answered;
  };

  const redirect = await listenForRedirect(client.redirect, state, respond);
  const expiry = setTimeout(() => ending.reject(expired()), LIFETIME_MS);
  const done = ending.promise.finally(() => {
    clearTimeout(expiry);
    redirect.close();
  });

  return {
    kind: 'authorization_code',
    prompt: {
      message: `Sign in to ${client.name} in the browser.`,
      authorizationUrl: authorizationUrl(endpoint, request, {
        redirect_uri: redirect.redirectUri,
        state,
        code_challenge: pkce.challenge,
      }),
      userCode: null,
      verificationUri: null,
      verificationUriComplete: null,
      expiresAt: context.clock.wall() + LIFETIME_MS,
      intervalS: null,
    },
    done,
    async complete(redirectUrl) {
      await respond(pastedResponse(redirectUrl, redirect.redirectUri, state));
      await done;
    },
    cancel: (reason) => ending.reject(reason),
  };
}

/** The address of the authorization request (RFC 6749, section 4.1.1), whatever else its endpoint already carries. */
function authorizationUrl(
  endpoint: string,
  { who: { client }, scopes, params }: FlowRequest,
  ours: { redirect_uri: string; state: string; code_challenge: string },
): string {
  const url = new URL(endpoint);
  const parameters = {
    ...client.authorize_params,
    ...params,
    response_type: 'code',
    client_id: client.client_id,
    ...(scopes.length > 0 ? { scope: scopes.join(client.scope_separator) } : {}),
    ...ours,
    code_challenge_method: 'S256',
  };
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
  return url.href;
}

function authorizationEndpoint(client: OAuthClient): string {
  if (client.authorization_endpoint !== null) return client.authorization_endpoint;
  throw new SigilforgeError('config', `No authorization endpoint is known of ${client.name}.`, {
    hint: 'Name it with: sigilforge provider set ID --authorization-endpoint …',
  });
}

/** The response in a pasted address. With the out-of-band redirect a page shows the bare code, which PKCE guards alone. */
function pastedResponse(pasted: string, redirectUri: string, state: string): URLSearchParams {
  const address = pasted.trim();
  if (redirectUri === OUT_OF_BAND && /^[^\s?&=]+$/.test(address)) {
    return new URLSearchParams({ code: address, state });
  }
  const response = URL.canParse(address) ? new URL(address).searchParams : undefined;
  // The address that was opened has the right state too, and may be pasted by mistake.
  const answers = response?.has('code') || response?.has('error');
  if (response && answers && stateMatches(response, state)) return response;
  throw new SigilforgeError('invalid_params', 'This is not the address that this sign-in ended on.', {
    hint: "Copy the whole address out of the browser's address bar after the sign-in, and paste it.",
  });
}

function expired(): SigilforgeError {
  return new SigilforgeError('timeout', 'The sign-in was not finished within ten minutes.', {
    hint: 'Start it again when you are ready.',
  });
}

/** A promise with its two ends; the first one that is called counts. */
function ends() {
  let resolve: () => void = () => {};
  let reject: (error: SigilforgeError) => void = () => {};
  const promise = new Promise<void>((onward, away) => {
    resolve = onward;
    reject = away;
  });
  return { promise, resolve, reject };
}
