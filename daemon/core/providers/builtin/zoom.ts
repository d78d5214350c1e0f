import { type BuiltinProvider, DAY_S, defineProvider } from './define.js';

export const zoom: BuiltinProvider = defineProvider({
  id: 'zoom',
  name: 'Zoom',
  authorization_endpoint: 'https://zoom.us/oauth/authorize',
  token_endpoint: 'https://zoom.us/oauth/token',
  device_authorization_endpoint: 'https://zoom.us/oauth/devicecode',
  // Documented with the secret in HTTP Basic; for public clients nothing is said.
  revocation: { endpoint: 'https://zoom.us/oauth/revoke', token: 'access' },
  // Its own grant for servers, `account_credentials`, is not the client credentials of RFC 6749.
  flows: ['authorization_code', 'device_code'],
  pkce: 'supported',
  client_auth: 'client_secret_basic',
  client_secret: 'optional',
  redirect: { uri: 'http://127.0.0.1/callback', port: 'any' },
  // "About 90 days", and each refresh brings another one.
  refresh: { issued: 'always', rotates: 'always', idle_s: 90 * DAY_S },
  register_url: 'https://marketplace.zoom.us/develop/create',
  register_steps: [
    'Choose "General App" and press "Create". Choose "User-managed".',
    'Under "Basic Information", paste {redirect_uri} into "OAuth Redirect URL".',
    'Open "Scopes" and add what the tokens may do.',
    'Under "App Credentials", turn on "Use Public Client OAuth" and copy the public client ID, which has no secret.',
  ],
  notes:
    'The device flow needs the ordinary client id with its secret, and "Use App on Device". A new sign-in ends the tokens of the earlier one.',
  sources: [
    'developers.zoom.us: OAuth 2.0',
    'developers.zoom.us blog: public PKCE',
    'developers.zoom.us changelog: PKCE loopback redirects',
  ],
});
