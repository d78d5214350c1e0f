import { type BuiltinProvider, defineProvider } from './define.js';

export const dropbox: BuiltinProvider = defineProvider({
  id: 'dropbox',
  name: 'Dropbox',
  authorization_endpoint: 'https://www.dropbox.com/oauth2/authorize',
  token_endpoint: 'https://api.dropboxapi.com/oauth2/token',
  // Ends the refresh token of this access token as well.
  revocation: {
    endpoint: 'https://api.dropboxapi.com/2/auth/token/revoke',
    token: 'access',
    field: null,
    body: 'empty',
    auth: 'bearer',
  },
  flows: ['authorization_code'],
  pkce: 'supported',
  client_auth: 'client_secret_basic',
  client_secret: 'optional',
  default_scopes: ['account_info.read', 'files.metadata.read', 'files.content.read'],
  redirect: { uri: 'http://localhost:8484/callback', port: 'fixed' },
  refresh: { issued: 'with_params', rotates: 'never' },
  authorize_params: { token_access_type: 'offline' },
  notes: 'Tick each scope in the App Console before requesting it. No app secret is needed.',
  sources: [
    'dropbox.tech: using OAuth 2.0 with offline access',
    'dropbox.com: OAuth guide',
    'dropbox/dropbox-sdk-js: src/auth.js',
    'dropbox.github.io: dropbox-sdk-java, tokenRevoke',
  ],
});
