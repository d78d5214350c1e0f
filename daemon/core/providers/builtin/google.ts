import { type BuiltinProvider, defineProvider, HALF_YEAR_S } from './define.js';

export const google: BuiltinProvider = defineProvider({
  id: 'google',
  name: 'Google',
  issuer: 'https://accounts.google.com',
  authorization_endpoint: 'https://accounts.google.com/o/oauth2/v2/auth',
  token_endpoint: 'https://oauth2.googleapis.com/token',
  device_authorization_endpoint: 'https://oauth2.googleapis.com/device/code',
  revocation: { endpoint: 'https://oauth2.googleapis.com/revoke', auth: 'none' },
  flows: ['authorization_code', 'device_code', 'jwt_bearer'],
  pkce: 'supported',
  client_auth: 'client_secret_post',
  client_secret: 'required',
  default_scopes: ['openid', 'email', 'profile'],
  redirect: { uri: 'http://127.0.0.1/callback', port: 'any' },
  refresh: { issued: 'with_params', rotates: 'never', idle_s: HALF_YEAR_S },
  // Without the prompt a refresh token comes only with the very first consent.
  authorize_params: { access_type: 'offline', prompt: 'consent' },
  quirks: ['scope_in_assertion', 'revokes_all_grants'],
  register_url: 'https://console.cloud.google.com/auth/clients',
  register_steps: [
    'Choose or make a project. The first time, press "Get started" to fill in the consent screen.',
    'Press "Create client" and choose the application type "Desktop app". It takes {redirect_uri} with any port, so there is nothing to paste.',
    'Press "Create" and copy the "Client ID" and the "Client secret". Both are needed.',
    'Under "Audience", add yourself as a test user, or press "Publish app": while it is external and in testing, sign-ins end after 7 days.',
    'For more than openid, email and profile, enable the API, and add its scopes under "Data access".',
  ],
  notes:
    'The device flow (add-account --flow device_code) needs another client, of type "TVs and Limited Input devices", with its secret, and accepts few scopes. A service account signs in with its key file as downloaded; give its scopes, such as https://www.googleapis.com/auth/cloud-platform.',
  sources: [
    'developers.google.com: OAuth 2.0 for mobile and desktop apps',
    'developers.google.com: OAuth 2.0 for TV and limited-input device applications',
    'developers.google.com: loopback IP address flow migration guide',
    'developers.google.com: OAuth 2.0 for server to server applications',
  ],
});
