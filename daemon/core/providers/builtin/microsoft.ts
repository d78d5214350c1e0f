import { type BuiltinProvider, DAY_S, defineProvider } from './define.js';

export const microsoft: BuiltinProvider = defineProvider({
  id: 'microsoft',
  name: 'Microsoft Entra ID',
  issuer: 'https://login.microsoftonline.com/common/v2.0',
  base_url: 'https://login.microsoftonline.com/common',
  authorization_endpoint: 'https://login.microsoftonline.com/common/oauth2/v2.0/authorize',
  token_endpoint: 'https://login.microsoftonline.com/common/oauth2/v2.0/token',
  device_authorization_endpoint: 'https://login.microsoftonline.com/common/oauth2/v2.0/devicecode',
  flows: ['authorization_code', 'device_code', 'client_credentials'],
  pkce: 'supported',
  client_auth: 'client_secret_post',
  client_secret: 'optional',
  default_scopes: ['openid', 'profile', 'email', 'offline_access', 'User.Read'],
  redirect: { uri: 'http://localhost/callback', port: 'any' },
  // The scope offline_access brings the refresh token. Each refresh brings another one, and the old ones go on living.
  refresh: { issued: 'with_params', rotates: 'always', idle_s: 90 * DAY_S },
  dead_grant_errors: ['interaction_required', 'consent_required'],
  quirks: ['issuer_varies'],
  register_url: 'https://go.microsoft.com/fwlink/?linkid=2083908',
  register_steps: [
    'Press "New registration", give it a name, and choose which accounts may sign in.',
    'Under "Redirect URI", choose "Public client/native (mobile & desktop)" and paste {redirect_uri}.',
    'Press "Register" and copy the "Application (client) ID". Do not make a client secret.',
    'For the device flow, open "Authentication" and set "Allow public client flows" to "Yes".',
    'Under "API permissions", add the delegated permissions that you will ask for; User.Read is there already.',
  ],
  notes:
    'Client credentials need the address of one tenant as the issuer (https://login.microsoftonline.com/TENANT) and a scope that ends in /.default. Grants cannot be revoked through the API.',
  sources: [
    'learn.microsoft.com: OAuth 2.0 authorization code flow',
    'learn.microsoft.com: OAuth 2.0 device authorization grant flow',
    'learn.microsoft.com: redirect URI (reply URL) restrictions and limitations',
    'learn.microsoft.com: refresh tokens in the Microsoft identity platform',
    'learn.microsoft.com: acquire tokens to call a web API using a daemon application',
  ],
});
