import { Secret } from '../../../../shared/secret.js';
import type { ClientWithSecret, OAuthClient } from '../client.js';
import { type Exchange, judgedExchange, type OAuthContext } from '../exchange.js';
import type { HttpAnswer } from '../http.js';
import { readJsonObject, readTokenAnswer, type TokenAnswer } from '../token-answer.js';
import type { GitHubApp } from './minting.js';

/** Where GitHub's API is: on a host of its own in the cloud, below the host's address with GitHub Enterprise Server. */
export function githubApi(base: string): string {
  const { protocol, host, hostname } = new URL(base);
  const isCloud = hostname === 'github.com' || hostname.endsWith('.ghe.com');
  return isCloud ? `${protocol}//api.${host}` : `${base.replace(/\/+$/, '')}/api/v3`;
}

/** One request for an installation token (GitHub's REST API, "Create an installation access token for an app"). */
export function installationTokenExchange(
  who: ClientWithSecret,
  { api, installation_id, repositories, permissions }: GitHubApp,
  assertion: Secret,
  context: OAuthContext,
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
  return judgedExchange(
    () => context.http(url, { method: 'POST', headers, body }),
    (answer) => readInstallationToken(answer, who.client, context.clock.wall()),
    { client: who.client, grantType: 'github_app', sent: [assertion] },
    context,
  );
}

/** GitHub's answer is no token answer of OAuth: it has `token`, a date, and permissions in the place of scopes. */
export function readInstallationToken(answer: HttpAnswer, client: OAuthClient, now: number): TokenAnswer {
  const json = readJsonObject(answer.body);
  const token = json?.['token'];
  if (answer.status >= 300 || typeof token !== 'string' || token === '')
    return readTokenAnswer(answer, client);
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
    },
  };
}

/** GitHub says an hour; whatever is said, a day is enough. */
const LONGEST_LIFETIME_S = 86_400;

/** Seconds by the provider's own clock where it tells it, since this machine's may be another one. */
function lifetimeS(expiresAt: unknown, { headers }: HttpAnswer, now: number): number | null {
  if (typeof expiresAt !== 'string') return null;
  const told = Date.parse(headers.get('date') ?? '');
  const seconds = Math.floor((Date.parse(expiresAt) - (Number.isNaN(told) ? now : told)) / 1000);
  return seconds > 0 ? Math.min(seconds, LONGEST_LIFETIME_S) : null;
}

function permissionsOf(value: unknown): string[] | null {
  if (typeof value !== 'object' || value === null) return null;
  const named = Object.entries(value).filter(([, level]) => typeof level === 'string');
  return named.map(([name, level]) => `${name}:${level}`).sort();
}
