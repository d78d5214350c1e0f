import { type BuiltinProvider, DAY_S, defineProvider } from './define.js';

export const twitch: BuiltinProvider = defineProvider({
  id: 'twitch',
  name: 'Twitch',
  issuer: 'https://id.twitch.tv/oauth2',
  authorization_endpoint: 'https://id.twitch.tv/oauth2/authorize',
  token_endpoint: 'https://id.twitch.tv/oauth2/token',
  device_authorization_endpoint: 'https://id.twitch.tv/oauth2/device',
  revocation: { endpoint: 'https://id.twitch.tv/oauth2/revoke', token: 'access', auth: 'client_id' },
  // A public client may use only the device flow, and needs no secret there.
  flows: ['device_code', 'authorization_code', 'client_credentials'],
  // Said to be ignored there, not refused, so it is sent.
  pkce: 'unknown',
  client_auth: 'client_secret_post',
  client_secret: 'optional',
  default_scopes: ['user:read:email', 'user:read:follows'],
  redirect: { uri: 'http://localhost:8484/callback', port: 'fixed' },
  // Single use, and dead after 30 unused days, for public clients; confidential ones may keep theirs.
  refresh: { issued: 'always', rotates: 'sometimes', idle_s: 30 * DAY_S },
  dead_grant_errors: ['Invalid refresh token'],
  quirks: ['device_scopes_plural'],
  register_url: 'https://dev.twitch.tv/console/apps/create',
  register_steps: [
    'Give it a name, and paste {redirect_uri} into "OAuth Redirect URLs".',
    'Choose a category, such as "Other".',
    'As the client type choose "Public": it signs in by the device flow, without a secret. The browser needs "Confidential", and its secret.',
    'Press "Create", then "Manage", and copy the "Client ID".',
  ],
  notes: 'API requests also need the client id in the Client-Id header.',
  sources: [
    'dev.twitch.tv: getting OAuth access tokens',
    'dev.twitch.tv: refreshing access tokens',
    'dev.twitch.tv: revoking access tokens',
    'hexdocs.pm: hello_twitch_api (the error of a dead refresh token)',
  ],
});
