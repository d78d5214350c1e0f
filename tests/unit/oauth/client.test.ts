import * as v from 'valibot';
import { expect, test } from 'vitest';
import { exchange } from '../../../daemon/core/oauth/exchange.js';
import { ClientRegistration } from '../../../daemon/core/oauth/registration/client.js';
import { systemClock } from '../../../daemon/core/platform/clock.js';
import { answerOf, clientOf, recordHttp } from '../../support/provider/oauth-clients.js';

/** What accounts kept before requests had parameters of their own: as the first version wrote it. */
const OF_THE_FIRST_VERSION = `{
  "id": "corp", "name": "corp", "issuer": "https://id.example.org", "iss": [], "base_url": null, "discovery": true,
  "authorization_endpoint": "https://id.example.org/authorize", "token_endpoint": "https://id.example.org/token",
  "refresh_endpoint": null, "device_authorization_endpoint": null,
  "revocation": { "endpoint": "https://id.example.org/revoke", "token": "refresh", "field": "token", "body": "form",
    "auth": "client", "method": "POST" },
  "flows": ["authorization_code"], "pkce": "unknown", "client_id": "native", "client_auth": "client_secret_basic",
  "client_secret": "optional", "default_scopes": ["openid"], "scope_separator": " ",
  "redirect": { "uri": "http://127.0.0.1/callback", "port": "any" },
  "refresh": { "issued": "unknown", "rotates": "unknown", "lifetime_s": null, "idle_s": null },
  "authorize_params": {}, "token_params": { "tenant": "one" }, "dead_grant_errors": [], "quirks": [],
  "iss_required": false
}`;

test('the registration of an account that an earlier version stored is read, and refreshes as it did', async () => {
  const registration = v.parse(ClientRegistration, JSON.parse(OF_THE_FIRST_VERSION));
  expect(registration).toMatchObject({ device_params: {}, refresh_params: {} });
  const { http, sent } = recordHttp(() => answerOf({ access_token: 'next', token_type: 'bearer' }));
  const client = { registration, secret: undefined };
  await exchange({ http, clock: systemClock }, client, 'refresh_token', { refresh_token: 'r' });
  expect(sent.map(({ url, body }) => [url, body])).toEqual([
    ['https://id.example.org/token', 'tenant=one&refresh_token=r&grant_type=refresh_token&client_id=native'],
  ]);
});

test('every fact that an account keeps may be missing from one of an earlier version, or was there from the first', () => {
  const now = Object.keys(ClientRegistration.entries).sort();
  const first = Object.keys(JSON.parse(OF_THE_FIRST_VERSION) as object);
  const whole = clientOf('github');
  for (const name of now.filter((name) => !first.includes(name))) {
    const { [name as keyof ClientRegistration]: _, ...without } = whole;
    expect(v.safeParse(ClientRegistration, without).success, name).toBe(true);
  }
});
