import { setTimeout as delay } from 'node:timers/promises';
import { asSigilforgeError, SigilforgeError } from '../../../../shared/errors.js';
import type { OAuthClient } from '../client.js';
import { exchange, type OAuthContext } from '../exchange.js';
import { judgeHttpFailure, judgeRefusal, judgeUnreadable, type TokenFailure } from '../failure.js';
import { DEVICE_CODE } from '../grant-types.js';
import { type HttpAnswer, HttpFailure } from '../http.js';
import { deviceAuthorizationRequest } from '../requests.js';
import { readJsonObject, readTokenAnswer } from '../token-answer.js';
import type { FlowRequest, PendingFlow } from './flow.js';

/** RFC 8628, section 3.2: the default interval; section 3.5: what `slow_down` adds. */
const DEFAULT_INTERVAL_S = 5;
const SLOW_DOWN_S = 5;
/** How long the codes live if the answer leaves it out, and the most that is believed. */
const DEFAULT_LIFETIME_S = 900;
const LONGEST_LIFETIME_S = 86_400;

interface DeviceAuthorization {
  readonly deviceCode: string;
  readonly userCode: string;
  readonly verificationUri: string;
  readonly verificationUriComplete: string | null;
  readonly lifetimeS: number;
  readonly intervalS: number;
}

/** The device authorization grant (RFC 8628): the person signs in on any device, and the token endpoint is polled. */
export async function beginDeviceCode(context: OAuthContext, request: FlowRequest): Promise<PendingFlow> {
  const device = await authorizeDevice(context, request);
  const stop = new AbortController();
  const expiresAt = context.clock.wall() + device.lifetimeS * 1000;
  const done = poll(context, request, { ...device, expiresAt }, stop.signal);
  return {
    kind: 'device_code',
    prompt: {
      message: `Sign in to ${request.client.registration.name} with the code ${device.userCode}.`,
      authorizationUrl: null,
      userCode: device.userCode,
      verificationUri: device.verificationUri,
      verificationUriComplete: device.verificationUriComplete,
      expiresAt,
      intervalS: device.intervalS,
    },
    done,
    async complete() {
      throw new SigilforgeError('invalid_params', 'This sign-in ends with its code, not with an address.');
    },
    cancel: (reason) => stop.abort(reason),
  };
}

async function authorizeDevice(
  { http }: OAuthContext,
  { client, scopes }: FlowRequest,
): Promise<DeviceAuthorization> {
  const { device_authorization_endpoint, name, quirks, scope_separator } = client.registration;
  if (device_authorization_endpoint === null) {
    throw new SigilforgeError('config', `No device authorization endpoint is known for ${name}.`, {
      hint: 'Use --flow authorization_code, or set the endpoint with: sigilforge provider set ID --device-authorization-endpoint URL',
    });
  }
  const parameter = quirks.includes('device_scopes_plural') ? 'scopes' : 'scope';
  const parameters = scopes.length > 0 ? { [parameter]: scopes.join(scope_separator) } : {};
  try {
    return readDeviceAuthorization(client, await deviceAuthorizationRequest(http, client, parameters));
  } catch (thrown) {
    throw thrown instanceof HttpFailure ? judgeHttpFailure(thrown).error : thrown;
  }
}

/** Lenient where real servers are odd: Google writes `verification_url`, Hugging Face may leave out the times. */
function readDeviceAuthorization(
  { registration, secret }: OAuthClient,
  answer: HttpAnswer,
): DeviceAuthorization {
  const json = readJsonObject(answer.body) ?? {};
  const text = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null);
  const number = (value: unknown, otherwise: number): number =>
    typeof value === 'number' && value > 0 ? value : otherwise;
  const deviceCode = text(json['device_code']);
  const userCode = text(json['user_code']);
  const verificationUri = text(json['verification_uri']) ?? text(json['verification_url']);
  if (deviceCode === null || userCode === null || verificationUri === null) {
    const read = readTokenAnswer(answer, registration);
    throw read.kind === 'error'
      ? judgeRefusal(answer, read.error, registration, {
          grantType: DEVICE_CODE,
          secrets: secret ? [secret] : [],
        }).error
      : judgeUnreadable(answer, registration, DEVICE_CODE).error;
  }
  const lifetimeS = Math.min(number(json['expires_in'], DEFAULT_LIFETIME_S), LONGEST_LIFETIME_S);
  return {
    deviceCode,
    userCode,
    verificationUri,
    verificationUriComplete: text(json['verification_uri_complete']),
    lifetimeS,
    intervalS: Math.min(number(json['interval'], DEFAULT_INTERVAL_S), lifetimeS),
  };
}

/** Resolves once the grant is stored. */
async function poll(
  context: OAuthContext,
  request: FlowRequest,
  device: DeviceAuthorization & { readonly expiresAt: number },
  stop: AbortSignal,
): Promise<void> {
  const left = (): number => device.expiresAt - context.clock.wall();
  let intervalS = device.intervalS;
  for (let leftMs = left(); leftMs > 0; leftMs = left()) {
    await pause(Math.min(intervalS * 1000, leftMs), stop);
    const failure = await request.keepOpen(() => askOnce(context, request, device));
    if (!failure) return;
    const code = failure.refusal?.code;
    if (code === 'authorization_pending') continue;
    if (code === 'slow_down') {
      intervalS = Math.max(failure.refusal?.interval ?? 0, intervalS + SLOW_DOWN_S);
    } else if (failure.verdict === 'transient') {
      // RFC 8628, section 3.5: on a connection failure the polling slows down, and goes on.
      intervalS *= 2;
    } else {
      throw ending(code) ?? failure.error;
    }
  }
  throw expired();
}

/** Stores the grant, or returns why there is none yet. */
async function askOnce(
  context: OAuthContext,
  { client, store }: FlowRequest,
  { deviceCode }: DeviceAuthorization,
): Promise<TokenFailure | undefined> {
  const { granted, failure } = await exchange(context, client, DEVICE_CODE, { device_code: deviceCode });
  if (granted) await store({ granted, nonce: undefined });
  return failure;
}

async function pause(ms: number, stop: AbortSignal): Promise<void> {
  try {
    await delay(ms, undefined, { signal: stop });
  } catch {
    throw asSigilforgeError(stop.reason);
  }
}

/** Ends that are not errors, by the codes of RFC 8628 and their other names (Microsoft, GitHub). */
function ending(code: string | undefined): SigilforgeError | undefined {
  switch (code) {
    case 'access_denied':
    case 'authorization_declined':
      return new SigilforgeError('denied', 'The sign-in was refused on the other device.', {
        hint: 'Start again, and approve it there.',
      });
    case 'expired_token':
    case 'token_expired':
      return expired();
    default:
      return undefined;
  }
}

function expired(): SigilforgeError {
  return new SigilforgeError('timeout', 'The code expired before it was used.', {
    hint: 'Start the sign-in again when you are ready.',
  });
}
