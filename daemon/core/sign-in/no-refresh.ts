import { SigilforgeError } from '../../../shared/errors.js';
import type { FlowKind } from '../../../shared/schemas.js';
import type { Granted } from '../oauth/exchange.js';
import type { OAuthClient } from '../oauth/registration/client.js';
import { timestamp } from '../platform/clock.js';

/** What decides how long an account will work after a sign-in. */
interface Ended {
  readonly service: string;
  readonly account: string;
  readonly flow: FlowKind;
  readonly client: OAuthClient;
  readonly scopes: readonly string[];
  readonly refused?: readonly string[];
  readonly granted: Granted;
}

/**
 * Whether only a person can bring the next token: no refresh token came. A provider that never gives any, and whose token
 * has no end, needs no person either.
 */
export function needsPersonAgain({ flow, client, granted: { tokens } }: Ended): boolean {
  const isWithPerson = flow === 'authorization_code' || flow === 'device_code';
  if (!isWithPerson || tokens.refreshToken) return false;
  return tokens.expiresInS !== null || client.registration.refresh.issued !== 'never';
}

/** What a person should know about an account without a refresh token: when it will end, and what to try. */
export function noRefreshNotice(ended: Ended): string {
  const { service, account, client, granted } = ended;
  const name = `${service}/${account}`;
  const { expiresInS } = granted.tokens;
  const end =
    expiresInS === null
      ? `${client.registration.name} does not say when this token ends. Once it does, ${name} needs a new sign-in`
      : `${name} works until ${minuteOf(granted.sentAt + expiresInS * 1000)}, and then needs a new sign-in`;
  return `No refresh token came: ${end}. ${whatToTry(ended)}`;
}

/** The new sign-in would end sooner than what the account has, which it keeps. */
export function wouldLoseRefresh(ended: Ended): SigilforgeError {
  const { service, account } = ended;
  return new SigilforgeError(
    'already_exists',
    `No refresh token came, so ${service}/${account} keeps the one that it has: nothing was replaced.`,
    { hint: `${whatToTry(ended)} To replace it all the same, add --without-refresh.` },
  );
}

/** `YYYY-MM-DD HH:MM UTC`. */
function minuteOf(ms: number): string {
  return `${timestamp(ms).slice(0, 16).replace('T', ' ')} UTC`;
}

function whatToTry({ service, account, client: { registration }, scopes, refused = [] }: Ended): string {
  const { issued } = registration.refresh;
  if (issued === 'never') return `${registration.name} gives none.`;
  const allowed = 'check that the provider lets this client have refresh tokens';
  // The entry of a provider that is known has its parameters already.
  if (issued !== 'unknown') return `${upperFirst(allowed)}.`;
  const more = [...scopes, ...refused].includes('offline_access')
    ? OFFLINE
    : `--scopes ${[...new Set(['openid', ...scopes, 'offline_access'])].join(',')} or ${OFFLINE}`;
  return `Try: sigilforge add-account ${service} ${account} --replace ${more}. If that does not help, ${allowed}.`;
}

/** Google's parameter, which others took over; some give a refresh token only at a person's first consent, or when asked again. */
const OFFLINE = '--param access_type=offline --param prompt=consent';

function upperFirst(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
