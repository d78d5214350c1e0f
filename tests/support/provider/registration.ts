import type { OpenIdClient } from './openid-clients.js';

/**
 * Registers a program of a desktop, as it does by itself (RFC 7591, section 3.1): it says that the browser comes back to
 * it over the loopback interface.
 */
export async function registerClient(
  endpoint: string,
  auth: OpenIdClient['auth'],
  metadata: Readonly<Record<string, unknown>> = {},
): Promise<OpenIdClient> {
  const response = await fetch(endpoint, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      client_name: 'Sigilforge',
      application_type: 'native',
      redirect_uris: ['http://127.0.0.1/callback'],
      token_endpoint_auth_method: auth,
      response_types: ['code'],
      ...metadata,
    }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`The registration was answered with status ${response.status}: ${text}`);
  const { client_id, client_secret = '' } = JSON.parse(text) as { client_id: string; client_secret?: string };
  return { clientId: client_id, clientSecret: client_secret, auth };
}
