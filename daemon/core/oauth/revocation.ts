import type { Revocation } from '../../../shared/provider.js';
import type { Secret } from '../../../shared/secret.js';
import { readAnswerObject } from './answers/answer-body.js';
import { authenticate } from './client-auth.js';
import type { OAuthContext } from './exchange.js';
import type { HttpRequest } from './http/http.js';
import { inTheirNames } from './param-names.js';
import type { OAuthClient } from './registration/client.js';
import { isClientKey } from './signing/client-key.js';

interface GrantTokens {
  readonly accessToken: Secret | undefined;
  readonly refreshToken: Secret | undefined;
}

/** Ends a grant at its provider (RFC 7009, or the provider's own way). Resolves to whether the provider agreed. Never throws. */
export async function revoke(
  { http }: OAuthContext,
  client: OAuthClient,
  grant: GrantTokens,
): Promise<boolean> {
  const { revocation } = client.registration;
  const tokens = revocation ? tokensToSend(revocation, grant) : [];
  if (!revocation || tokens.length === 0) return false;
  try {
    const answer = await http(new URL(revocation.endpoint), await requestFor(revocation, tokens, client));
    return answer.status >= 200 && answer.status < 300 && readAnswerObject(answer)?.['ok'] !== false;
  } catch {
    return false;
  }
}

function tokensToSend({ token, body }: Revocation, { accessToken, refreshToken }: GrantTokens): Secret[] {
  const known = [refreshToken, accessToken].filter((token) => token !== undefined);
  if (body === 'json_list') return known;
  switch (token) {
    case 'access':
      return accessToken ? [accessToken] : [];
    case 'refresh':
      return known.slice(0, 1);
    case 'refresh_only':
      return refreshToken ? [refreshToken] : [];
  }
}

async function requestFor(
  revocation: Revocation,
  tokens: Secret[],
  client: OAuthClient,
): Promise<HttpRequest> {
  const values = tokens.map((token) => token.reveal());
  const headers = new Headers();
  const proof = new URLSearchParams();
  switch (revocation.auth) {
    case 'client':
      await authenticate(client, proof, headers);
      break;
    case 'basic': {
      if (client.secret && isClientKey(client.secret)) {
        await authenticate(client, proof, headers);
        break;
      }
      const pair = `${client.registration.client_id}:${client.secret?.reveal() ?? ''}`;
      headers.set('authorization', `Basic ${Buffer.from(pair).toString('base64')}`);
      break;
    }
    case 'client_id':
      proof.set('client_id', client.registration.client_id);
      break;
    case 'bearer':
      headers.set('authorization', `Bearer ${values[0] ?? ''}`);
      break;
    case 'none':
      break;
  }
  const form = new URLSearchParams();
  if (revocation.field !== null) for (const value of values) form.append(revocation.field, value);
  for (const [name, value] of inTheirNames(proof, client.registration.param_names)) form.append(name, value);
  const body = encode(revocation, form, headers);
  return {
    method: revocation.method,
    headers: Object.fromEntries(headers),
    ...(body === undefined ? {} : { body }),
  };
}

function encode({ body, field }: Revocation, form: URLSearchParams, headers: Headers): string | undefined {
  switch (body) {
    case 'form':
      headers.set('content-type', 'application/x-www-form-urlencoded');
      return form.toString();
    case 'json':
      headers.set('content-type', 'application/json');
      return JSON.stringify(Object.fromEntries(form));
    case 'json_list':
      headers.set('content-type', 'application/json');
      return JSON.stringify({ [field ?? '']: form.getAll(field ?? '') });
    case 'empty':
      return undefined;
  }
}
