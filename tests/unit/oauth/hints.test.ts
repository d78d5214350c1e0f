import { describe, expect, test } from 'vitest';
import { readTokenAnswer } from '../../../daemon/core/oauth/answers/token-answer.js';
import { judgeRefusal, judgeUnreadable } from '../../../daemon/core/oauth/failures/failure.js';
import { DEVICE_CODE, JWT_BEARER } from '../../../daemon/core/oauth/registration/grant-types.js';
import { answerOf, clientOf } from '../../support/provider/oauth-clients.js';

interface Answered {
  readonly body: string | object;
  readonly status?: number;
  readonly headers?: Record<string, string>;
}

/** The hints of a refused request: for a sign-in, and for a refresh. */
function hints(grantType: string, { body, status = 400, headers }: Answered, provider = 'example') {
  const registration = clientOf(provider);
  const answer = answerOf(body, status, headers);
  const read = readTokenAnswer(answer, registration, Date.now());
  const { signInError, error } =
    read.kind === 'error'
      ? judgeRefusal(answer, read.error, registration, { grantType, secrets: [] })
      : judgeUnreadable(answer, registration, grantType);
  return { signIn: signInError.hint, refresh: error.hint };
}

const refused = (error: string, status = 400): Answered => ({ body: { error }, status });
const GRANTS = [
  'authorization_code',
  DEVICE_CODE,
  'refresh_token',
  'client_credentials',
  JWT_BEARER,
  'github_app',
];

describe('the hint of a refused sign-in', () => {
  test.each<[grant: string, code: string, hint: RegExp]>([
    ['authorization_code', 'invalid_grant', /start the sign-in again, and finish it without a pause/],
    ['authorization_code', 'bad_verification_code', /start the sign-in again/],
    ['authorization_code', 'code_already_used', /start the sign-in again/],
    [DEVICE_CODE, 'invalid_grant', /enter the new one/],
    [DEVICE_CODE, 'incorrect_device_code', /enter the new one/],
    ['refresh_token', 'invalid_grant', /copy the newest one.*provider show example$/],
    ['authorization_code', 'invalid_client', /provider set example --client-id CLIENT_ID --client-secret$/],
    ['authorization_code', 'incorrect_client_credentials', /provider set example --client-id/],
    [
      'authorization_code',
      'unauthorized_client',
      /^Allow this client the authorization code flow.*--flow FLOW$/,
    ],
    [DEVICE_CODE, 'unauthorized_client', /^Allow this client the device flow.*--flow FLOW$/],
    [DEVICE_CODE, 'device_flow_disabled', /^Allow this client the device flow/],
    [
      'refresh_token',
      'unauthorized_client',
      /^Allow this client refresh tokens in the provider's settings\.$/,
    ],
    [JWT_BEARER, 'unauthorized_client', /^Allow this client to request these scopes with this key/],
    [DEVICE_CODE, 'unsupported_grant_type', /does not know the device flow\..*--flow FLOW$/],
    [
      'client_credentials',
      'unsupported_grant_type',
      /does not know client credentials.*provider show example/,
    ],
    ['client_credentials', 'invalid_scope', /--scopes SCOPE,SCOPE$/],
    ['authorization_code', 'invalid_target', /resource or audience.*provider show example$/],
    ['authorization_code', 'invalid_dpop_proof', /DPoP/],
    ['refresh_token', 'use_dpop_nonce', /DPoP/],
    ['authorization_code', 'redirect_uri_mismatch', /Register this redirect URI.*http:\/\/127\.0\.0\.1/],
    ['authorization_code', 'bad_redirect_uri', /Register this redirect URI/],
    ['authorization_code', 'consent_required', /administrator/],
    [JWT_BEARER, 'invalid_grant', /--key-file FILE$/],
    ['github_app', 'Not Found', /id of the installation/],
    ['authorization_code', 'strange_code', /provider show example$/],
  ])('%s: %s', (grant, code, hint) => {
    expect(hints(grant, refused(code)).signIn).toMatch(hint);
    expect(hints(grant, refused(code.toUpperCase())).signIn).toMatch(hint);
  });

  test.each(GRANTS)('%s: names no account, because there may not be one', (grant) => {
    const codes = ['invalid_grant', 'invalid_client', 'invalid_scope', 'unauthorized_client', 'strange_code'];
    const answers = [
      ...codes.map((code) => refused(code)),
      { body: '', status: 500 },
      { body: '', status: 429 },
      { body: '<p>', status: 200 },
    ];
    for (const answer of answers) {
      expect(hints(grant, answer).signIn).not.toMatch(/SERVICE|ACCOUNT|token-info|add-account/);
    }
  });
});

describe('the hint of a code with many reasons goes by the sentence', () => {
  test.each<[who: string, code: string, sentence: string, hint: RegExp]>([
    ['Keycloak', 'invalid_grant', 'Incorrect redirect_uri', /^Register this redirect URI/],
    ['Okta', 'invalid_request', "The 'redirect_uri' does not match.", /^Register this redirect URI/],
    ['GitLab', 'invalid_grant', 'does not match the redirection URI used', /finish it without a pause/],
    ['Keycloak', 'invalid_grant', 'PKCE verification failed: Code mismatch', /--pkce off$/],
    ['Entra', 'invalid_request', 'AADSTS501481: The Code_Verifier does not match', /--pkce off$/],
    ['an older server', 'invalid_request', 'Unknown parameter: code_challenge_method', /--pkce off$/],
    ['Keycloak', 'invalid_request', 'DPoP proof is missing', /demands DPoP/],
    [
      'Authelia',
      'invalid_request',
      'Pushed Authorization Requests are enforced',
      /^The provider demands pushed/,
    ],
    ['Bluesky', 'invalid_request', 'PAR: request_uri is required', /^The provider demands pushed/],
    ['MCP', 'invalid_request', 'The parameter resource is missing', /^Check the resource or audience/],
    [
      'Ory Hydra',
      'invalid_request',
      'Requested audience "x" has not been whitelisted',
      /^Check the resource/,
    ],
    ['Entra', 'invalid_resource', 'AADSTS500011: not found in the tenant', /^Check the resource or audience/],
    ['Google', 'invalid_grant', 'Malformed auth code.', /finish it without a pause/],
  ])('%s: %s, %s', (_, code, sentence, hint) => {
    const answered = { body: { error: code, error_description: sentence }, status: 400 };
    expect(hints('authorization_code', answered).signIn).toMatch(hint);
  });

  test.each(['invalid_grant', 'invalid_request'])(
    'but not a refresh, whose redirect address is not sent',
    (code) => {
      const answered = {
        body: { error: code, error_description: 'redirect_uri, code_verifier' },
        status: 400,
      };
      expect(hints('refresh_token', answered).signIn).not.toMatch(/redirect|pkce/i);
    },
  );
});

describe('the hint of a refused refresh', () => {
  test.each<[code: string, hint: RegExp]>([
    ['invalid_scope', /^Sign in again with scopes.*sigilforge add-account SERVICE ACCOUNT --replace$/],
    ['unauthorized_client', /^Allow this client refresh tokens/],
    ['unsupported_grant_type', /does not know refresh tokens\..*provider show example$/],
    ['invalid_client', /provider set example --client-id/],
  ])('%s', (code, hint) => {
    expect(hints('refresh_token', refused(code)).refresh).toMatch(hint);
  });
});

describe('what may work later', () => {
  const problem = 'The provider has a problem of its own: try again in a few minutes.';
  const tooOften = 'The provider was asked too often: try again in a few minutes.';

  test.each<[what: string, answered: Answered, hint: string]>([
    ['500 without an answer that can be read', { body: '<h1>Oops</h1>', status: 500 }, problem],
    ['502 with an error', refused('invalid_client', 502), problem],
    ['server_error', refused('server_error'), problem],
    ['temporarily_unavailable', refused('temporarily_unavailable'), problem],
    ['429', { body: '', status: 429 }, tooOften],
    ['a limit in words', refused('rate_limited', 403), tooOften],
    [
      '429 with a time',
      { body: '', status: 429, headers: { 'retry-after': '30' } },
      'The provider was asked too often: try again in 30 seconds.',
    ],
    [
      '503 with a time',
      { body: '', status: 503, headers: { 'retry-after': '400' } },
      'The provider has a problem of its own: try again in 7 minutes.',
    ],
    [
      'a whole day',
      { body: '', status: 429, headers: { 'retry-after': '86400' } },
      'The provider was asked too often: try again in 24 hours.',
    ],
    ['a time that is over', { body: '', status: 429, headers: { 'retry-after': '0' } }, tooOften],
  ])('%s', (_, answered, hint) => {
    for (const grant of GRANTS) expect(hints(grant, answered)).toEqual({ signIn: hint, refresh: hint });
  });

  test('an answer with a status of success and without any token', () => {
    expect(hints('refresh_token', { body: '<h1>Hotel</h1>', status: 200 }).refresh).toMatch(
      /sign-in page may have answered.*provider show example$/,
    );
  });
});
