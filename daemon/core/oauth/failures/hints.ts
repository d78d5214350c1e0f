import { waitingTime } from '../../../../shared/waiting-time.js';
import type { ClientRegistration } from '../registration/client.js';
import { DEVICE_CODE, JWT_BEARER } from '../registration/grant-types.js';
import type { ClientRefusal } from './client-refusal.js';

/** What was asked of a provider, and what came of it. */
export interface Matter {
  readonly registration: ClientRegistration;
  readonly grantType: string;
  /** Whether a sign-in ends by it: then there may be no account yet. */
  readonly signingIn: boolean;
  /** The provider's word for the reason, if it gave one. */
  readonly code?: string | undefined;
  /** The provider's sentence about it. */
  readonly description?: string | undefined;
  /** Whether it refuses the client itself. */
  readonly client?: ClientRefusal | undefined;
  /** The scopes that were asked for although no person named them. */
  readonly assumed?: readonly string[] | undefined;
  /** Whether `prompt=consent` was sent although no person asked for it. */
  readonly prompted?: boolean;
  /** Why it may work later. */
  readonly trouble?: 'asked_too_often' | 'problem' | undefined;
  /** Milliseconds that the provider asks to wait. */
  readonly waitMs?: number | undefined;
}

/** Grants with a private key: a refusal concerns the key, or what it signed. */
export const KEY_GRANTS: ReadonlySet<string> = new Set([JWT_BEARER, 'github_app']);

/** What a client must be allowed for each grant, in the words of most providers' settings. */
const ALLOWANCE: Readonly<Record<string, string>> = {
  authorization_code: 'the authorization code flow',
  refresh_token: 'refresh tokens',
  client_credentials: 'client credentials',
  [DEVICE_CODE]: 'the device flow',
  [JWT_BEARER]: 'to request these scopes with this key',
};

interface Row {
  /** In lower case: the standards' words, and what GitHub, Google and Slack say instead. */
  readonly codes: readonly string[];
  readonly grants?: readonly string[];
  readonly hint: (matter: Matter) => string;
}

/** The first row that fits counts. */
const rows: readonly Row[] = [
  { codes: ['invalid_dpop_proof', 'use_dpop_nonce'], hint: dpopHint },
  {
    codes: ['invalid_scope', 'invalid_scopes', 'invalid_scope_requested', 'unauthorized_scope_error'],
    hint: ({ signingIn, assumed = [], registration: { id } }) => {
      if (!signingIn)
        return 'Sign in again with scopes that the provider allows for this client: sigilforge add-account SERVICE ACCOUNT --replace';
      if (assumed.length > 0)
        return `No scopes were named, so Sigilforge asked for ${assumed.join(' and ')}. Name those that the provider allows for this client, for this sign-in with: --scopes SCOPE,SCOPE, or for every one with: sigilforge provider set ${id} --scopes SCOPE,SCOPE`;
      return 'Ask for scopes that the provider allows for this client: --scopes SCOPE,SCOPE';
    },
  },
  {
    codes: ['invalid_target', 'invalid_resource', 'invalid_audience'],
    hint: targetHint,
  },
  {
    codes: ['not found'],
    grants: ['github_app'],
    hint: () => 'Check the id of the installation, and that the app is still installed there.',
  },
  {
    codes: ['unauthorized_client', 'device_flow_disabled', 'unsupported_response_type'],
    hint: ({ grantType }) => {
      const allowance = ALLOWANCE[grantType] ?? 'this flow';
      const other = isPersons(grantType) ? ' You can also choose another flow with: --flow FLOW' : '';
      return `Allow this client ${allowance} in the provider's settings.${other}`;
    },
  },
  {
    codes: ['unsupported_grant_type'],
    hint: ({ grantType, registration, signingIn }) => {
      const allowance = ALLOWANCE[grantType] ?? 'this flow';
      const other = signingIn ? '. You can also choose another flow with: --flow FLOW' : '';
      return `This token endpoint does not know ${allowance}. Compare it with the provider's: sigilforge provider show ${registration.id}${other}`;
    },
  },
  {
    codes: ['invalid_grant', 'bad_verification_code', 'invalid_code', 'code_already_used', 'code_expired'],
    grants: ['authorization_code'],
    hint: () =>
      'A code is valid once, for a minute or a few: start the sign-in again, and finish it without a pause.',
  },
  {
    codes: ['invalid_grant', 'incorrect_device_code'],
    grants: [DEVICE_CODE],
    hint: () => 'A code is valid once, for a few minutes: start the sign-in again, and enter the new one.',
  },
  {
    codes: ['redirect_uri_mismatch', 'bad_redirect_uri', 'invalid_redirect_uri'],
    hint: redirectHint,
  },
  {
    codes: ['access_denied', 'consent_required', 'interaction_required', 'login_required'],
    grants: ['authorization_code', DEVICE_CODE],
    hint: () =>
      "The provider does not let this person use this client yet: ask the provider's administrator, then start the sign-in again.",
  },
];

function dpopHint(): string {
  return "The provider demands DPoP for this client, which Sigilforge does not use. Turn it off for the client in the provider's settings.";
}

function targetHint({ registration }: Matter): string {
  return `Check the resource or audience in the parameters of this sign-in, and in those of the provider: sigilforge provider show ${registration.id}`;
}

function redirectHint({ registration }: Matter): string {
  return `Register this redirect URI with the provider: ${registration.redirect.uri}`;
}

function pkceHint({ registration: { id, pkce } }: Matter): string {
  return pkce === 'unsupported'
    ? `If this provider demands PKCE, turn it on: sigilforge provider set ${id} --pkce on`
    : `If this provider refuses PKCE, turn it off: sigilforge provider set ${id} --pkce off`;
}

function pushedHint(): string {
  return "The provider demands pushed authorization requests for this client, which Sigilforge does not use. Turn them off for the client in the provider's settings.";
}

interface Topic {
  readonly pattern: RegExp;
  readonly grants?: readonly string[];
  readonly hint: (matter: Matter) => string;
}

/** What a provider's sentence is about, where its code is one for many reasons. The first that fits counts. */
const topics: readonly Topic[] = [
  { pattern: /\bdpop\b/i, hint: dpopHint },
  { pattern: /pushed authori[sz]ation|\brequest_uri\b/i, grants: ['authorization_code'], hint: pushedHint },
  { pattern: /redirect[\s_-]*ur[il]/i, grants: ['authorization_code'], hint: redirectHint },
  { pattern: /code[\s_]*(challenge|verifier)|\bpkce\b/i, grants: ['authorization_code'], hint: pkceHint },
  { pattern: /\b(resource|audience)\b/i, hint: targetHint },
];

/** Codes for more than one reason. */
const VAGUE: ReadonlySet<string> = new Set(['invalid_request', 'invalid_grant', 'unauthorized_client']);

function hintInWords(matter: Matter): string | undefined {
  const { code, description = '', grantType } = matter;
  if (code === undefined || !VAGUE.has(code.toLowerCase()) || KEY_GRANTS.has(grantType)) return undefined;
  const fits = ({ pattern, grants }: Topic): boolean =>
    pattern.test(description) && (grants?.includes(grantType) ?? true);
  return topics.find(fits)?.hint(matter);
}

/** What a person can do about a failure: chosen here, where it is known what was asked and what came back. */
export function hintFor(matter: Matter): string {
  const { registration, grantType, code, trouble } = matter;
  if (trouble !== undefined) return laterHint(matter);
  if (matter.client === 'surely' && !KEY_GRANTS.has(grantType)) return clientHint(matter);
  const word = code?.toLowerCase();
  if (word === undefined) return unreadableHint(matter);
  const told = hintInWords(matter);
  if (told !== undefined) return told;
  if (matter.prompted && MAY_BE_THE_PROMPT.has(word)) {
    return 'With offline_access, prompt=consent is sent, which this provider may refuse. To leave it out, add: --param prompt=';
  }
  const row = rows.find(({ codes, grants }) => codes.includes(word) && (grants?.includes(grantType) ?? true));
  if (row) return row.hint(matter);
  if (KEY_GRANTS.has(grantType)) return keyHint(matter);
  if (matter.client) return clientHint(matter);
  if (grantType === 'refresh_token' && matter.signingIn && word === 'invalid_grant') {
    return `This refresh token is over, or it is another client's: copy the newest one, and compare the client with: sigilforge provider show ${registration.id}`;
  }
  return `Check the settings of this provider with: sigilforge provider show ${registration.id}`;
}

/** What servers answer that do not know `prompt=consent`, or do not let people consent by themselves. */
export const MAY_BE_THE_PROMPT: ReadonlySet<string> = new Set([
  'invalid_request',
  'consent_required',
  'interaction_required',
]);

/** In lower case: RFC 6749 and RFC 8628, then Microsoft, LinkedIn and others. */
const PERSONS_NO: readonly string[] = [
  'access_denied',
  'authorization_declined',
  'user_denied',
  'user_cancelled',
  'user_cancelled_login',
  'user_cancelled_authorize',
  'consent_declined',
];

/** Whether a sign-in ended because the person refused it. */
export function isPersonsNo(code: string | undefined): boolean {
  return PERSONS_NO.includes(code?.toLowerCase() ?? '');
}

/** Servers say `access_denied` for a rule of their own, too, and then give the reason. */
export function refusedHint(hasReason: boolean): string {
  return hasReason
    ? 'Start again, and approve it there. If you did not refuse it, ask the administrator of the provider to let you use this client.'
    : 'Start again, and approve it there.';
}

function laterHint({ trouble, waitMs }: Matter): string {
  const time = waitMs === undefined || waitMs <= 0 ? 'a few minutes' : waitingTime(waitMs);
  return trouble === 'problem'
    ? `The provider has a problem of its own: try again in ${time}.`
    : `The provider was asked too often: try again in ${time}.`;
}

/** A sign-in has tried both ways of sending the secret; a refresh has not, because its token might be spent by that. */
function clientHint({ registration: { id, client_auth }, signingIn }: Matter): string {
  if (client_auth === 'private_key_jwt')
    return `Check the client id and its key with the provider, and set them with: sigilforge provider set ${id} --client-id CLIENT_ID --client-key-file FILE. If the provider wants its token endpoint as the audience: sigilforge provider set ${id} --quirk endpoint_as_audience`;
  const check = `Check the client id and its secret with the provider, and set them with: sigilforge provider set ${id} --client-id CLIENT_ID --client-secret`;
  if (signingIn) return check;
  return `${check}. If both are right, send the secret in the other way: sigilforge provider set ${id} --client-auth METHOD, and sign in again with: sigilforge add-account SERVICE ACCOUNT --replace`;
}

function unreadableHint({ registration }: Matter): string {
  return `Check the network, whose own sign-in page may have answered, and the endpoints of this provider: sigilforge provider show ${registration.id}`;
}

function keyHint({ signingIn }: Matter): string {
  const other = signingIn
    ? 'or give another key with: --key-file FILE'
    : 'or give another key with: sigilforge add-account SERVICE ACCOUNT --replace';
  return `Check with the provider that the key is valid and may request this, ${other}`;
}

function isPersons(grantType: string): boolean {
  return grantType === 'authorization_code' || grantType === DEVICE_CODE;
}
