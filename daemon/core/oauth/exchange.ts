import { Secret } from '../../../shared/secret.js';
import type { Clock } from '../platform/clock.js';
import { readTokenAnswer, type TokenAnswer, type Tokens } from './answers/token-answer.js';
import {
  judgeHttpFailure,
  judgeRefusal,
  judgeUnreadable,
  type TokenFailure,
  withUnread,
} from './failures/failure.js';
import { isForLater } from './failures/retry-after.js';
import { HttpFailure } from './http/failure.js';
import type { HttpAnswer, HttpClient } from './http/http.js';
import type { ClientRegistration, OAuthClient } from './registration/client.js';
import { tokenEndpointRequest } from './requests.js';

/** What everything that talks to a provider stands on. */
export interface OAuthContext {
  readonly http: HttpClient;
  readonly clock: Clock;
}

/** Tokens with the moment that their lifetime counts from: when the request was sent. */
export interface Granted {
  readonly tokens: Tokens;
  readonly sentAt: number;
}

export type Exchange =
  | { readonly granted: Granted; readonly failure?: never }
  | { readonly failure: TokenFailure; readonly granted?: never };

/** One request to the token endpoint, to its end: tokens, or why there are none. It is never sent twice. */
export async function exchange(
  context: OAuthContext,
  client: OAuthClient,
  grantType: string,
  parameters: Readonly<Record<string, string>>,
): Promise<Exchange> {
  const { registration, secret } = client;
  return judgedExchange(context, {
    ...{ registration, grantType, secrets: secretsOf(parameters, secret) },
    send: () => tokenEndpointRequest(context.http, client, grantType, parameters),
    read: (answer) => readTokenAnswer(answer, registration, context.clock.wall()),
  });
}

/** Any request for tokens: how it is sent, how its answer is read, and what is needed to judge a refusal. */
export interface TokenRequest {
  readonly registration: ClientRegistration;
  readonly grantType: string;
  /** The secrets in the request, so that no error quotes them. */
  readonly secrets: readonly Secret[];
  readonly send: () => Promise<HttpAnswer>;
  readonly read: (answer: HttpAnswer) => TokenAnswer;
}

/** Sends a request for tokens, reads its answer, and judges one that brought no tokens. */
export async function judgedExchange(
  { clock }: OAuthContext,
  { registration, grantType, secrets, send, read }: TokenRequest,
): Promise<Exchange> {
  const sentAt = clock.wall();
  try {
    const answer = await send();
    const result = read(answer);
    if (result.kind === 'tokens') return { granted: { tokens: result.tokens, sentAt } };
    // A refusal that is whole says what it says, whatever length was announced, and so does a status that means "later".
    if (answer.complete === false && result.kind === 'unreadable' && !isForLater(answer))
      return { failure: judgeHttpFailure(answer.failure) };
    switch (result.kind) {
      case 'error': {
        const failure = judgeRefusal(answer, result.error, registration, { grantType, secrets });
        return { failure: result.hasTokens ? withUnread(failure, { answer, sentAt }, grantType) : failure };
      }
      case 'unreadable': {
        const failure = judgeUnreadable(answer, registration, grantType);
        return { failure: withUnread(failure, { answer, sentAt }, grantType) };
      }
    }
  } catch (thrown) {
    if (thrown instanceof HttpFailure) return { failure: judgeHttpFailure(thrown) };
    throw thrown;
  }
}

const SECRET_PARAMETERS = ['refresh_token', 'code', 'code_verifier', 'device_code', 'assertion'];

function secretsOf(parameters: Readonly<Record<string, string>>, secret: Secret | undefined): Secret[] {
  const sent = SECRET_PARAMETERS.flatMap((name) => parameters[name] ?? []).map((value) => new Secret(value));
  return secret ? [...sent, secret] : sent;
}
