import { setTimeout as delay } from 'node:timers/promises';
import { asSigilforgeError, SigilforgeError } from '../../../../shared/errors.js';
import { readAnswerObject } from '../answers/answer-body.js';
import { field } from '../answers/fields.js';
import { readTokenAnswer } from '../answers/token-answer.js';
import { saysCode } from '../answers/token-words.js';
import type { OAuthContext } from '../exchange.js';
import { judgeHttpFailure, judgeRefusal, judgeUnreadable, type TokenFailure } from '../failures/failure.js';
import { isPersonsNo, refusedHint } from '../failures/hints.js';
import { HttpFailure } from '../http/failure.js';
import type { HttpAnswer } from '../http/http.js';
import type { OAuthClient } from '../registration/client.js';
import { DEVICE_CODE } from '../registration/grant-types.js';
import { joinScopes } from '../registration/scopes.js';
import { deviceAuthorizationRequest } from '../requests.js';
import { short } from '../short.js';
import { inEitherWay, type SignInExchange, signInExchange, withAdvice } from '../sign-in-exchange.js';
import { type Asked, askedInstead, firstAsked } from './asked.js';
import type { FlowRequest, PendingFlow } from './flow.js';
import { PollingPace, secondsOf } from './polling-pace.js';

/** How long the codes live if the answer leaves it out, and the most that is believed. */
const DEFAULT_LIFETIME_S = 900;
const LONGEST_LIFETIME_S = 86_400;
/** The least between two polls. */
const SHORTEST_PAUSE_MS = 1000;

interface DeviceAuthorization {
  readonly deviceCode: string;
  readonly userCode: string;
  readonly verificationUri: string;
  readonly verificationUriComplete: string | null;
  readonly lifetimeS: number;
  /** As the provider sent it, possibly nonsense. */
  readonly interval: unknown;
}

/** The same with the client as it authenticated. */
interface AuthorizedDevice extends DeviceAuthorization {
  readonly client: OAuthClient;
  /** The scopes that were asked for in the end. */
  readonly scopes: readonly string[];
}

type DeviceAnswer =
  | { readonly device: DeviceAuthorization; readonly failure?: never }
  | { readonly failure: TokenFailure; readonly device?: never };

/** The device authorization grant (RFC 8628): the person signs in on any device, and the token endpoint is polled. */
export async function beginDeviceCode(context: OAuthContext, request: FlowRequest): Promise<PendingFlow> {
  const device = await authorizeDevice(context, request);
  const stop = new AbortController();
  const expiresAt = context.clock.wall() + device.lifetimeS * 1000;
  const pace = new PollingPace(device.interval);
  const intervalS = Math.min(pace.waitS, device.lifetimeS);
  const done = poll(context, request, { ...device, expiresAt, pace }, stop.signal);
  return {
    kind: 'device_code',
    prompt: {
      message: `Sign in to ${request.client.registration.name} with the code ${device.userCode}.`,
      authorizationUrl: null,
      userCode: device.userCode,
      verificationUri: device.verificationUri,
      verificationUriComplete: device.verificationUriComplete,
      expiresAt,
      intervalS,
      scopes: device.scopes,
    },
    done,
    async complete() {
      throw new SigilforgeError('invalid_params', 'This sign-in ends with its code, not with an address.', {
        hint: 'Open the verification address in any browser, and enter the code there.',
      });
    },
    cancel: (reason) => stop.abort(reason),
  };
}

/** Asks for a code. What the server refuses although no person asked for it is left out. */
async function authorizeDevice(
  context: OAuthContext,
  request: FlowRequest,
  asked = firstAsked(request),
): Promise<AuthorizedDevice> {
  const { device, failure, client } = await askForDevice(context, request, asked);
  if (!failure) return { ...device, client, scopes: asked.scopes };
  const next = failure.refusal && askedInstead(asked, failure.refusal, request);
  if (next) return authorizeDevice(context, { ...request, client }, next);
  throw failure.signInError;
}

async function askForDevice(
  { http }: OAuthContext,
  { client, params, assumed }: FlowRequest,
  { scopes }: Asked,
): Promise<DeviceAnswer & { readonly client: OAuthClient }> {
  const { device_authorization_endpoint, id, name, quirks, scope_separator } = client.registration;
  if (device_authorization_endpoint === null) {
    throw new SigilforgeError('config', `No device authorization endpoint is known for ${name}.`, {
      hint: `Use --flow authorization_code, or set the endpoint with: sigilforge provider set ${id} --device-authorization-endpoint URL`,
    });
  }
  const parameter = quirks.includes('device_scopes_plural') ? 'scopes' : 'scope';
  const scope = scopes.length > 0 ? { [parameter]: joinScopes(scopes, scope_separator) } : {};
  const parameters = { ...params, ...scope };
  try {
    const attempted = await inEitherWay(client, async (known) =>
      readDeviceAnswer(known, await deviceAuthorizationRequest(http, known, parameters), assumed),
    );
    const { result, hint, client: known } = attempted;
    if (!result.failure) return { ...result, client: known };
    const failure = withAdvice(result.failure, { client, grantType: DEVICE_CODE, hint });
    return { failure, client: known };
  } catch (thrown) {
    throw thrown instanceof HttpFailure ? judgeHttpFailure(thrown).signInError : thrown;
  }
}

/** Lenient where real servers are odd: Google writes `verification_url`, Hugging Face may leave out the times. */
function readDeviceAnswer(
  { registration, secret }: OAuthClient,
  answer: HttpAnswer,
  assumed: readonly string[],
): DeviceAnswer {
  const json = readAnswerObject(answer) ?? {};
  const text = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null);
  const deviceCode = text(field(json, 'device_code'));
  const userCode = text(field(json, 'user_code'));
  const verificationUri = text(field(json, 'verification_uri')) ?? text(field(json, 'verification_url'));
  if (deviceCode === null || userCode === null || verificationUri === null) {
    if (answer.complete === false) throw answer.failure;
    const read = readTokenAnswer(answer, registration, Date.now());
    const secrets = secret ? [secret] : [];
    const failure =
      read.kind === 'error'
        ? judgeRefusal(answer, read.error, registration, { grantType: DEVICE_CODE, secrets, assumed })
        : judgeUnreadable(answer, registration, DEVICE_CODE);
    return { failure };
  }
  const device = {
    deviceCode,
    userCode,
    verificationUri,
    verificationUriComplete: text(field(json, 'verification_uri_complete')),
    lifetimeS: Math.min(secondsOf(field(json, 'expires_in')) ?? DEFAULT_LIFETIME_S, LONGEST_LIFETIME_S),
    interval: field(json, 'interval'),
  };
  return { device };
}

/** Resolves once the grant is stored. */
async function poll(
  context: OAuthContext,
  request: FlowRequest,
  device: AuthorizedDevice & { readonly expiresAt: number; readonly pace: PollingPace },
  stop: AbortSignal,
): Promise<void> {
  const { expiresAt, pace } = device;
  let { client } = device;
  for (;;) {
    const pauseMs = Math.max(0, Math.min(pace.waitS * 1000, expiresAt - context.clock.wall()));
    await pause(pauseMs, stop);
    if (pauseMs < SHORTEST_PAUSE_MS) throw expired();
    const asked = await request.keepOpen(() => askOnce(context, { ...request, client }, device));
    const { failure } = asked;
    if (!failure) return;
    client = asked.client;
    if (saysCode(failure.refusal, 'authorization_pending')) pace.pending(failure);
    else if (saysCode(failure.refusal, 'slow_down')) pace.slowDown(failure.refusal?.interval);
    else if (failure.verdict === 'transient' && failure.client === undefined) pace.failed(failure);
    else throw ending(failure) ?? failure.signInError;
  }
}

/** Stores the grant, or returns why there is none yet and the client as it authenticated. */
async function askOnce(
  context: OAuthContext,
  { client, store }: FlowRequest,
  { deviceCode, scopes }: AuthorizedDevice,
): Promise<SignInExchange> {
  const asked = await signInExchange(context, client, DEVICE_CODE, { device_code: deviceCode });
  if (asked.granted) await store({ granted: asked.granted, client: asked.client, nonce: undefined, scopes });
  return asked;
}

async function pause(ms: number, stop: AbortSignal): Promise<void> {
  try {
    await delay(ms, undefined, { signal: stop });
  } catch {
    throw asSigilforgeError(stop.reason);
  }
}

/** Ends that are not errors, by the codes of RFC 8628 and their other names (Microsoft, GitHub). */
function ending({ refusal, client }: TokenFailure): SigilforgeError | undefined {
  const code = refusal?.code;
  if (isPersonsNo(code) && client === undefined) {
    const description = refusal?.description === code ? undefined : refusal?.description;
    const reason = description === undefined ? '' : `: ${short(description)}`;
    return new SigilforgeError('denied', `The sign-in was refused on the other device${reason}.`, {
      hint: refusedHint(reason !== ''),
    });
  }
  return code === 'expired_token' || code === 'token_expired' ? expired() : undefined;
}

function expired(): SigilforgeError {
  return new SigilforgeError('timeout', 'The code expired before it was used.', {
    hint: 'Start the sign-in again when you are ready.',
  });
}
