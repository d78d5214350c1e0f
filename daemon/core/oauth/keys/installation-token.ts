import { Secret } from '../../../../shared/secret.js';
import { readAnswerObject } from '../answers/answer-body.js';
import { readTokenAnswer, type TokenAnswer } from '../answers/token-answer.js';
import { type Exchange, judgedExchange, type OAuthContext } from '../exchange.js';
import type { HttpAnswer } from '../http/http.js';
import type { ClientRegistration, OAuthClient } from '../registration/client.js';
import type { GitHubApp } from './minting-kind.js';

/** The address of GitHub's API: a host of its own in the cloud, a path on the same host with GitHub Enterprise Server. */
export function githubApi(base: string): string {
  const { protocol, host, hostname } = new URL(base);
  const isCloud = hostname === 'github.com' || hostname.endsWith('.ghe.com');
  return isCloud ? `${protocol}//api.${host}` : `${base.replace(/\/+$/, '')}/api/v3`;
}

/** One request for an installation token (GitHub's REST API, "Create an installation access token for an app"). */
export function installationTokenExchange(
  context: OAuthContext,
  { registration }: OAuthClient,
  { api, installation_id, repositories, permissions }: GitHubApp,
  assertion: Secret,
): Promise<Exchange> {
  const url = new URL(`${api}/app/installations/${installation_id}/access_tokens`);
  const body = JSON.stringify({
    ...(repositories.length > 0 && { repositories }),
    ...(Object.keys(permissions).length > 0 && { permissions }),
  });
  const headers = {
    accept: 'application/vnd.github+json',
    'content-type': 'application/json',
    'x-github-api-version': '2022-11-28',
    authorization: `Bearer ${assertion.reveal()}`,
  };
  return judgedExchange(context, {
    ...{ registration, grantType: 'github_app', secrets: [assertion] },
    send: () => context.http(url, { method: 'POST', headers, body }),
    read: (answer) => readInstallationToken(answer, registration, context.clock.wall()),
  });
}

/** GitHub's answer is not an OAuth token answer: it has `token`, a date, and permissions instead of scopes. */
export function readInstallationToken(
  answer: HttpAnswer,
  registration: ClientRegistration,
  now: number,
): TokenAnswer {
  const json = readAnswerObject(answer);
  const token = json?.['token'];
  if (answer.status >= 300 || typeof token !== 'string' || token === '')
    return readTokenAnswer(answer, registration, now);
  return {
    kind: 'tokens',
    tokens: {
      accessToken: new Secret(token),
      refreshToken: undefined,
      tokenType: 'bearer',
      expiresInS: lifetimeS(json?.['expires_at'], answer, now),
      refreshExpiresInS: null,
      scopes: permissionsOf(json?.['permissions']),
      idToken: undefined,
      fields: {},
    },
  };
}

/** GitHub says an hour; a day is the most that is believed. */
const LONGEST_LIFETIME_S = 86_400;

/** Seconds by the provider's own clock if the answer has it, because this machine's may differ. */
function lifetimeS(expiresAt: unknown, { headers }: HttpAnswer, now: number): number | null {
  if (typeof expiresAt !== 'string') return null;
  const theirs = Date.parse(headers.get('date') ?? '');
  const seconds = Math.floor((Date.parse(expiresAt) - (Number.isNaN(theirs) ? now : theirs)) / 1000);
  return seconds > 0 ? Math.min(seconds, LONGEST_LIFETIME_S) : null;
}

function permissionsOf(value: unknown): string[] | null {
  if (typeof value !== 'object' || value === null) return null;
  const named = Object.entries(value).filter(([, level]) => typeof level === 'string');
  return named.map(([name, level]) => `${name}:${level}`).sort();
}
