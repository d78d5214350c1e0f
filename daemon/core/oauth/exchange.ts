import { Secret } from '../../../shared/secret.js';
import type { Clock } from '../platform/clock.js';
import type { ClientWithSecret, OAuthClient } from './client.js';
import { judgeHttpFailure, judgeRefusal, judgeUnreadable, type TokenFailure } from './failure.js';
import { type HttpAnswer, type HttpClient, HttpFailure } from './http.js';
import { tokenEndpointRequest } from './protocol.js';
import { readTokenAnswer, type TokenAnswer, type Tokens } from './token-answer.js';

/** What the parts of OAuth that talk to a provider need. */
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
  who: ClientWithSecret,
  grantType: string,
  parameters: Readonly<Record<string, string>>,
  context: OAuthContext,
): Promise<Exchange> {
  return judgedExchange(
    () => tokenEndpointRequest(who, grantType, parameters, context.http),
    (answer) => readTokenAnswer(answer, who.client),
    { client: who.client, grantType, sent: secretsOf(parameters, who.secret) },
    context,
  );
}

/** Sends any request for tokens, reads its answer by `read`, and judges what brought none. */
export async function judgedExchange(
  send: () => Promise<HttpAnswer>,
  read: (answer: HttpAnswer) => TokenAnswer,
  { client, grantType, sent }: { client: OAuthClient; grantType: string; sent: readonly Secret[] },
  { clock }: OAuthContext,
): Promise<Exchange> {
  const sentAt = clock.wall();
  try {
    const answer = await send();
    const result = read(answer);
    switch (result.kind) {
      case 'tokens':
        return { granted: { tokens: result.tokens, sentAt } };
      case 'error':
        return { failure: judgeRefusal(answer, result.error, client, { grantType, sent }) };
      case 'unreadable':
        return { failure: judgeUnreadable(answer, client, grantType) };
    }
  } catch (thrown) {
    if (thrown instanceof HttpFailure) return { failure: judgeHttpFailure(thrown) };
    throw thrown;
  }
}

/** The same for a sign-in, which a failure ends. */
export async function exchangeOrThrow(
  who: ClientWithSecret,
  grantType: string,
  parameters: Readonly<Record<string, string>>,
  context: OAuthContext,
): Promise<Granted> {
  const { granted, failure } = await exchange(who, grantType, parameters, context);
  if (failure) throw failure.error;
  return granted;
}

const SECRET_PARAMETERS = ['refresh_token', 'code', 'code_verifier', 'device_code', 'assertion'];

function secretsOf(parameters: Readonly<Record<string, string>>, secret: Secret | undefined): Secret[] {
  const sent = SECRET_PARAMETERS.flatMap((name) => parameters[name] ?? []).map((value) => new Secret(value));
  return secret ? [...sent, secret] : sent;
}
