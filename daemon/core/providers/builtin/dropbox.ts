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
  register_url: 'https://www.dropbox.com/developers/apps/create',
  register_steps: [
    'Choose "Scoped access", the kind of access and a name, and press "Create app".',
    'On "Permissions", tick what you will ask for: account_info.read, files.metadata.read and files.content.read are the default. Press "Submit".',
    'On "Settings", paste {redirect_uri} into "Redirect URIs" and press "Add".',
    'Copy the "App key", which is the client id. The "App secret" is not needed.',
  ],
  notes: 'A scope that is ticked later counts only for new sign-ins.',
  sources: [
    'dropbox.tech: using OAuth 2.0 with offline access',
    'dropbox.com: OAuth guide',
    'dropbox/dropbox-sdk-js: src/auth.js',
    'dropbox.github.io: dropbox-sdk-java, tokenRevoke',
  ],
});
